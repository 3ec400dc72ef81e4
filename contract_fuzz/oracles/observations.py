"""Observations of a case, and the differences between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain_sim.ethereum.primitives.text import format_data
from contract_fuzz.oracles.oracle import Executor

# The part of an outcome that is in a receipt, which the chain itself can be asked for.
RECEIPT_FIELDS = ("is_success", "gas_used", "output", "logs", "error")
MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything observed of a case: an outcome per transaction, and the chain.

    `block_hash` is None where no block was made.
    """

    outcomes: tuple[Any, ...]
    root: bytes
    block_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class OutcomeDifference:
    """The first transaction where two ways differ, the fields, and a line on each."""

    place: int
    fields: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """The fields, for a finding's name."""
        return ", ".join(self.fields)


def observe(
    executor: Executor, position: Any, transactions: Sequence[Any]
) -> Observation:
    """Run the case to the state after it, including hashes of memories."""
    return Observation(*executor.run_to_root(position, transactions))


def observe_with_block(
    executor: Executor, position: Any, transactions: Sequence[Any]
) -> Observation:
    """Run the case and make its blocks, too."""
    return Observation(*executor.observe_with_block(position, transactions))


def difference_of(here: Observation, there: Observation) -> OutcomeDifference | None:
    """The first difference between two observations of one case."""
    for place, (one, other) in enumerate(
        zip(here.outcomes, there.outcomes, strict=True)
    ):
        found = difference_in(
            place,
            {name: getattr(one, name) for name in one.__struct_fields__},
            {name: getattr(other, name) for name in other.__struct_fields__},
        )
        if found is not None:
            return found
    last = len(here.outcomes) - 1
    for name in ("root", "block_hash"):
        found = difference_in(
            last, {name: getattr(here, name)}, {name: getattr(there, name)}
        )
        if found is not None:
            return found
    return None


def difference_in(
    place: int, here: dict[str, object], there: dict[str, object]
) -> OutcomeDifference | None:
    """How two descriptions of the transaction at `place` differ."""
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    if not names:
        return None
    words = {name: WORDS.get(name, name.replace("_", " ")) for name in names}
    return OutcomeDifference(
        place,
        tuple(words.values()),
        tuple(
            f"{word}: {shown(here.get(name))} here, {shown(there.get(name))} there"
            for name, word in words.items()
        ),
    )


WORDS = {"root": "state root", "is_success": "status"}


def shown(value: object) -> str:
    """A value as text, on one line."""
    text = format_data(value) if isinstance(value, bytes) else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
