"""The newest block of a chain, in memory and in the database."""

from collections.abc import Collection, Mapping, Sequence

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.branch_store import BranchStore
from chain_sim.ethereum.blocks.genesis import GenesisConfig, encode_genesis
from chain_sim.ethereum.blocks.genesis_block import genesis_block
from chain_sim.ethereum.execution.block_building import (
    SECONDS_PER_BLOCK,
    BuiltBlock,
    require_time,
)
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.maintenance.pruning import AutomaticPruning
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.node_cache import NodeCache

EMPTY_BLOCKS_PER_BATCH = 500


class Head:
    """The head, and the only writer of the chain's database.

    What belongs together is one batch: a block with its state and the head that it
    becomes, or another head with the numbers that lead there.
    """

    def __init__(self, database: KeyValueStore, genesis: GenesisConfig) -> None:
        """Continue the chain in `database`, or begin the one that `genesis` makes."""
        self.database = database
        self.genesis = genesis
        self.fork = find_fork(genesis.fork, genesis.fees)
        self.store = BlockStore(database, self.fork)
        self.branches = BranchStore(database)
        self.node_cache = NodeCache()
        self._set_time = self.store.next_time()
        self._pruning: AutomaticPruning | None = None
        head_hash = self.store.head_hash()
        if head_hash is None:
            self._block = self._begin()
        else:
            self._block = self.stored_block(head_hash)

    @property
    def block(self) -> Block:
        """The newest block."""
        return self._block

    @property
    def set_time(self) -> int | None:
        """The timestamp that was set for the next block, in seconds."""
        return self._set_time

    @property
    def next_time(self) -> int:
        """The timestamp that the next block will have, in seconds."""
        if self._set_time is not None:
            return self._set_time
        return self._block.header.timestamp + SECONDS_PER_BLOCK

    @property
    def blocks_per_batch(self) -> int:
        """How many empty blocks may be appended at once."""
        if self._pruning is None:
            return EMPTY_BLOCKS_PER_BATCH
        return min(EMPTY_BLOCKS_PER_BATCH, self._pruning.interval)

    def stored_block(self, block_hash: Hash32) -> Block:
        """A block that must be in the database; raises DatabaseDamaged."""
        block = self.store.block(block_hash)
        if block is None:
            raise DatabaseDamaged(keys.BLOCK + block_hash, "missing block")
        return block

    def append(self, built: BuiltBlock) -> None:
        """Make a new block the head, and write it with its state."""
        entries = self.store.entries(built.block, built.receipts, built.outcomes)
        self._append([built.block], {**built.state_entries, **entries})

    def append_empty(self, blocks: Sequence[Block]) -> None:
        """Append blocks without transactions, in one batch; the last is the head."""
        entries: dict[bytes, bytes] = {}
        for block in blocks:
            entries |= self.store.entries(block, (), ())
        self._append(blocks, entries)

    def move(
        self, target: Block, puts: Mapping[bytes, bytes], deletes: Collection[bytes]
    ) -> None:
        """Make `target` the head by these entries; a set time is discarded."""
        if self._set_time is not None:
            deletes = [*deletes, keys.NEXT_TIME_KEY]
        self.database.write_batch(puts, deletes)
        self._block = target
        self._set_time = None

    def write(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """Write entries that leave the head where it is."""
        self.database.write_batch(puts, deletes)

    def set_next_time(self, timestamp: int) -> None:
        """Keep a time for the next block; raises TimeNotAfterHead or TimeTooLate."""
        require_time(self._block.header, timestamp)
        self.write({keys.NEXT_TIME_KEY: timestamp.to_bytes(8, "big")})
        self._set_time = timestamp

    def prune(self, keep_blocks: int) -> None:
        """Have `prune_after` keep the newest `keep_blocks` blocks from now on."""
        self._pruning = AutomaticPruning(self.database, keep_blocks)

    def prune_after(self, count: int) -> None:
        """Collect garbage if it is due after `count` more blocks."""
        if self._pruning is None:
            return
        if self._pruning.after_blocks(count) is not None:
            self.node_cache.clear()

    def _begin(self) -> Block:
        block, state_entries = genesis_block(self.genesis, WorldState(self.database))
        entries = self.store.entries(block, (), ())
        entries[keys.GENESIS_KEY] = encode_genesis(self.genesis).encode()
        self.write({**state_entries, **entries})
        return block

    def _append(self, blocks: Sequence[Block], puts: dict[bytes, bytes]) -> None:
        # A block that was there before and lost its state is whole again.
        self.move(blocks[-1], puts, [keys.PRUNED + block.hash for block in blocks])
