"""Two engines' results of one transaction: what is compared, and the difference."""

from msgspec import Struct

from chain_sim.ethereum.execution.placed_transaction import PlacedTransaction
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.recording_state import RecordingState
from contractvm.runtime.pipeline import Pipeline

COMPARED = (
    "status",
    "gas_used",
    "units_left",
    "units_short",
    "output",
    "logs",
    "created",
    "error",
)


class EngineOutcome(Struct, frozen=True):
    """The result of a transaction on one engine, and the state's root after it."""

    engine: str
    result: TransactionResult
    state_root: Hash32


class CheckedTransaction(Struct, frozen=True):
    """Everything that the outcome of a transaction depends on.

    `state` has recorded what was read from it; `block_hashes` are those that were read,
    by number.
    """

    placed: PlacedTransaction
    state: RecordingState
    block_hashes: dict[int, bytes | None]
    engine: Pipeline


class EngineDifference(ChainError):
    """Two engines disagree on a transaction, which is not kept.

    `fields` are those that differ; `state_tests/state_test_of_difference.py` makes a
    state test of it.
    """

    def __init__(
        self,
        fields: tuple[str, ...],
        outcomes: tuple[EngineOutcome, EngineOutcome],
        checked: CheckedTransaction,
    ) -> None:
        names = " and ".join(outcome.engine for outcome in outcomes)
        super().__init__(f"the engines {names} differ in {', '.join(fields)}")
        self.fields = fields
        self.outcomes = outcomes
        self.checked = checked


def differing_results(
    here: TransactionResult, there: TransactionResult
) -> tuple[str, ...]:
    """The names of the fields that differ."""
    return tuple(
        name.replace("_", " ")
        for name in COMPARED
        if getattr(here, name) != getattr(there, name)
    )


def differing_outcomes(here: EngineOutcome, there: EngineOutcome) -> tuple[str, ...]:
    """The same with the state's root."""
    fields = differing_results(here.result, there.result)
    if here.state_root != there.state_root:
        return (*fields, "state root")
    return fields
