"""A chain's pool: transactions that wait, and the blocks that are made of them."""

from dataclasses import dataclass

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.capture.witness import ReadOnlyDatabase
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.chain.mining import Mining
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.block_building import BuiltBlock
from chain_sim.ethereum.execution.placed_transaction import BlockContext, OpenState, S
from chain_sim.ethereum.pool.block_filling import BlockFilling, PoolOrder
from chain_sim.ethereum.pool.transaction_pool import PoolView, TransactionPool
from chain_sim.ethereum.state.world_state import WorldState


class LayeredDatabase(ReadOnlyDatabase):
    """A database with entries that are not written to it."""

    def __init__(self, database: KeyValueStore, entries: dict[bytes, bytes]) -> None:
        self._database = database
        self._entries = entries

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        return self._entries.get(key) or self._database.get(key)


@dataclass(frozen=True, slots=True)
class PendingBlock:
    """The next block as it would be now, and the state after it; nothing is written."""

    built: BuiltBlock
    context: BlockContext
    open_state: OpenState


class ChainPool(TransactionPool):
    """The pool, and mining from it; `order` may be changed at any time."""

    def __init__(self, head: Head, reader: ChainReader, mining: Mining) -> None:
        view = PoolView(
            head.genesis.chain_id,
            reader.engine.schedule,
            head.next_context,
            lambda: reader.opener()(WorldState),
        )
        super().__init__(view)
        self.order = PoolOrder.FEES
        self._head = head
        self._mining = mining

    def mine(self, timestamp: int | None = None) -> BuiltBlock:
        """Make one block of the executable transactions that fit, maybe an empty one.

        What became invalid is dropped; what does not fit, or pays less than the base
        fee, waits on. `timestamp` and errors are those of Mining.mine.
        """
        filling = BlockFilling(self.executable(), self.order)
        built = self._mining.mine(filling, timestamp)
        for pooled in (*filling.included, *filling.invalid):
            self.drop(pooled.hash)
        return built

    def pending_block(self) -> PendingBlock:
        """The block that `mine` would make now; the pool stays as it is."""
        built = self._mining.build(BlockFilling(self.executable(), self.order))
        database = LayeredDatabase(self._head.database, built.state_entries)
        root = built.block.header.state_root

        def open_state(kind: type[S], /) -> S:
            return kind(database, root)

        return PendingBlock(built, self._head.next_context(), open_state)
