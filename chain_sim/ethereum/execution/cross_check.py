"""Transactions on two engines: the same in everything that can be seen, or an error."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from msgspec import structs

from chain_sim.ethereum.execution.state_transition import (
    BlockContext,
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.runtime.pipeline import MeteredEngine

COMPARED = (
    "status",
    "gas_used",
    "units_left",
    "output",
    "logs",
    "created",
    "error",
)


@dataclass(frozen=True, slots=True)
class EngineOutcome:
    """What a transaction came to on one engine, and the state's root after it."""

    engine: str
    result: TransactionResult
    state_root: Hash32


@dataclass(frozen=True, slots=True)
class CheckedTransaction:
    """All that the outcome of a transaction depends on.

    `state` has noted what was read of it; `block_hashes` are those that were asked
    for, by number.
    """

    transaction: Transaction
    sender: Address
    block: BlockContext
    state: RecordingState
    block_hashes: dict[int, bytes | None]
    engine: MeteredEngine


class EngineDifference(ChainError):
    """Two engines disagree on a transaction; nothing of it is kept.

    `fields` names what differs; `state_tests/state_test_of_difference.py`
    makes a state test of it.
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


class CrossCheck:
    """Applies transactions to a state, and on another engine to an equal one.

    `twin` has to be equal to the state that the first transaction is applied to; after
    that both change alike.
    """

    def __init__(
        self, engine: MeteredEngine, second: MeteredEngine, twin: RecordingState
    ) -> None:
        self._engine = engine
        self._second = second
        self._twin = twin

    def apply(
        self,
        state: WorldState,
        tx: Transaction,
        sender: Address,
        block: BlockContext,
        gas_available: int | None = None,
    ) -> TransactionResult:
        """Like `apply_transaction`; raises EngineDifference, too.

        Then both states are spoilt.
        """
        self._twin.begin_recording()
        asked: dict[int, bytes | None] = {}

        def block_hash(number: int) -> bytes | None:
            asked[number] = block.block_hash(number)
            return asked[number]

        first = apply_transaction(state, self._engine, tx, sender, block, gas_available)
        noting = structs.replace(block, block_hash=block_hash)
        second = apply_transaction(
            self._twin, self._second, tx, sender, noting, gas_available
        )
        outcomes = (
            EngineOutcome(self._engine.engine_name, first, state.compute_root()),
            EngineOutcome(self._second.engine_name, second, self._twin.compute_root()),
        )
        fields = differing_fields(*outcomes)
        if fields:
            checked = CheckedTransaction(
                tx, sender, block, self._twin, asked, self._engine
            )
            raise EngineDifference(fields, outcomes, checked)
        return first


ApplyTransaction = Callable[
    [WorldState, Transaction, Address, BlockContext, int | None], TransactionResult
]


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine that transactions run on, and the one that checks it, if wished."""

    engine: MeteredEngine
    second: MeteredEngine | None = None

    def applying(self, open_twin: Callable[[], RecordingState]) -> ApplyTransaction:
        """How to apply transactions to a state; `open_twin` gives another like it."""
        if self.second is None:
            return partial(apply_on, self.engine)
        return CrossCheck(self.engine, self.second, open_twin()).apply


def apply_on(
    engine: MeteredEngine,
    state: WorldState,
    tx: Transaction,
    sender: Address,
    block: BlockContext,
    gas_available: int | None = None,
) -> TransactionResult:
    """`apply_transaction`, the engine first."""
    return apply_transaction(state, engine, tx, sender, block, gas_available)


def differing_fields(here: EngineOutcome, there: EngineOutcome) -> tuple[str, ...]:
    """The names of what is not the same."""
    fields = [
        name
        for name in COMPARED
        if getattr(here.result, name) != getattr(there.result, name)
    ]
    if here.state_root != there.state_root:
        fields.append("state_root")
    return tuple(name.replace("_", " ") for name in fields)
