"""A block of the chain, to be run again and compared with its stored results."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.frame_observer import TransactionObserver
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    OpenState,
    PlacedTransaction,
    RepeatableTransaction,
    S,
)
from chain_sim.ethereum.execution.state_transition import (
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.primitives.errors import ReplayDiffers
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.runtime.pipeline import Pipeline

NO_RECORDERS: Mapping[int, TransactionObserver] = {}


class StoredBlock(Struct, frozen=True):
    """A block with its context and receipts; `open_state` opens its parent's state."""

    block: Block
    context: BlockContext
    receipts: tuple[TransactionReceipt, ...]
    open_state: OpenState

    def placed(self, index: int) -> PlacedTransaction:
        """The transaction with this index."""
        receipt = self.receipts[index]
        return PlacedTransaction(
            self.block.transactions[index],
            receipt.sender,
            self.context,
            receipt.cumulative_gas_used - receipt.gas_used,
        )

    def repeatable(self, index: int, engine: Pipeline) -> RepeatableTransaction:
        """The same, from the state that those before it leave on `engine`."""

        def open_state(kind: type[S], /) -> S:
            state = self.open_state(kind)
            for number in range(index):
                apply_transaction(self.placed(number), state, engine)
            return state

        placed = self.placed(index)
        return RepeatableTransaction(
            placed.tx,
            placed.sender,
            placed.context,
            placed.gas_before,
            open_state=open_state,
        )

    def run(
        self,
        executor: Executor,
        recorders: Mapping[int, TransactionObserver] = NO_RECORDERS,
    ) -> Iterator[TransactionResult]:
        """Run the transactions on the parent's state, one at a step.

        `recorders` record the gas of the transactions with these indexes. Each result
        is compared with the receipt, and the last root with the header: ReplayDiffers.
        """
        for index, receipt in enumerate(self.receipts):
            result = executor.apply(self.placed(index), recorders.get(index))
            compare(receipt, result)
            if index == len(self.receipts) - 1:
                root = executor.state.compute_root()
                expect("state root", self.block.header.state_root, root)
            yield result

    def run_again(
        self,
        engine: Pipeline,
        recorders: Mapping[int, TransactionObserver] = NO_RECORDERS,
    ) -> list[TransactionResult]:
        """As `run`, all of it on one engine and on a new state."""
        executor = Executor(engine, self.open_state(WorldState))
        return list(self.run(executor, recorders))


def compare(stored: TransactionReceipt, result: TransactionResult) -> None:
    """Raise ReplayDiffers for the first field that is not what the chain has."""
    expect("status", stored.succeeded, result.succeeded)
    expect("gas used", stored.gas_used, result.gas_used)
    expect("logs", stored.logs, result.logs)
    expect("output", stored.output, result.output)
    expect("error", stored.error, result.error)


def expect(field: str, stored: object, found: object) -> None:
    """Raise ReplayDiffers unless a replay gave what is stored."""
    if stored != found:
        raise ReplayDiffers(field, stored, found)
