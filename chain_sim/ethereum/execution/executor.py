"""Running transactions, one after another, on a state: on one engine or on two."""

from msgspec import Struct, structs

from chain_sim.ethereum.execution.cross_check import (
    CheckedTransaction,
    EngineDifference,
    EngineOutcome,
    differing_outcomes,
    differing_results,
)
from chain_sim.ethereum.execution.frame_observer import TransactionObserver
from chain_sim.ethereum.execution.placed_transaction import (
    OpenState,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import (
    RanTransaction,
    TransactionResult,
    apply_transaction,
    result_of,
    run_transaction,
    settle_transaction,
)
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import InternalError
from contractvm.runtime.pipeline import Pipeline


class Executor:
    """Runs transactions on one engine, on `state`, which they change.

    `ran` is how the last one ran, with the error itself.
    """

    ran: RanTransaction

    def __init__(self, engine: Pipeline, state: WorldState) -> None:
        self.state = state
        self._engine = engine

    def apply(
        self, placed: PlacedTransaction, recorder: TransactionObserver | None = None
    ) -> TransactionResult:
        """Run and settle a transaction; `recorder` records its gas, if given.

        Raises InvalidTransaction, and then nothing has changed. After any other error
        the executor must be discarded.
        """
        self.ran = run_transaction(placed, self.state, self._engine, recorder)
        return settle_transaction(placed, self.state, self.ran)

    def call(self, placed: PlacedTransaction) -> TransactionResult:
        """The result of a transaction whose changes are dropped, with the executor.

        Its gas is counted and not paid, since the result does not depend on that.
        """
        return result_of(run_transaction(placed, self.state, self._engine))

    def confirm(self, placed: PlacedTransaction, recorded: TransactionResult) -> None:
        """Run a transaction again that was recorded on another engine.

        Raises what `apply` raises, and InternalError unless the result is the same.
        """
        for field in differing_results(self.apply(placed), recorded):
            raise InternalError(f"a recorded run differs in {field}")


class CrossCheckedExecutor(Executor):
    """Runs every transaction on a second engine too, on a separate equal state."""

    def __init__(
        self, engine: Pipeline, second: Pipeline, open_state: OpenState
    ) -> None:
        super().__init__(engine, open_state(WorldState))
        self._second = second
        self._twin = open_state(RecordingState)

    def apply(
        self, placed: PlacedTransaction, recorder: TransactionObserver | None = None
    ) -> TransactionResult:
        """As Executor; raises EngineDifference, too. The first engine is recorded."""
        twin, block_hash = self._twin, placed.context.block_hash
        twin.begin_recording()
        asked: dict[int, bytes | None] = {}

        def noted_hash(number: int) -> bytes | None:
            asked[number] = block_hash(number)
            return asked[number]

        first = super().apply(placed, recorder)
        context = structs.replace(placed.context, block_hash=noted_hash)
        second = apply_transaction(
            structs.replace(placed, context=context), twin, self._second
        )
        outcomes = (
            EngineOutcome(self._engine.engine_name, first, self.state.compute_root()),
            EngineOutcome(self._second.engine_name, second, twin.compute_root()),
        )
        fields = differing_outcomes(*outcomes)
        if fields:
            checked = CheckedTransaction(placed, twin, asked, self._engine)
            raise EngineDifference(fields, outcomes, checked)
        return first

    def call(self, placed: PlacedTransaction) -> TransactionResult:
        """As `apply`: the states are compared, too."""
        return self.apply(placed)


class EngineChoice(Struct, frozen=True):
    """The engine that transactions run on, and the one that checks it, if any."""

    engine: Pipeline
    second: Pipeline | None = None

    def executor(self, open_state: OpenState) -> Executor:
        """An executor that starts from the opened state."""
        if self.second is None:
            return Executor(self.engine, open_state(WorldState))
        return CrossCheckedExecutor(self.engine, self.second, open_state)
