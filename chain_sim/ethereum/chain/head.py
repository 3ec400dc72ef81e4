"""The newest block of a chain, in memory and in the database."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.branch_store import BranchStore
from chain_sim.ethereum.blocks.genesis import GenesisConfig, encode_genesis
from chain_sim.ethereum.blocks.genesis_block import genesis_block
from chain_sim.ethereum.blocks.next_block import (
    NOTHING_SET,
    NextBlock,
    encode_edited,
    read_next_block,
)
from chain_sim.ethereum.execution.block_building import (
    SECONDS_PER_BLOCK,
    BuiltBlock,
    context_after,
)
from chain_sim.ethereum.execution.placed_transaction import BlockContext, S
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.maintenance.pruning import AutomaticPruning
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.reads import StateReads
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.node_cache import NodeCache

EMPTY_BLOCKS_PER_BATCH = 500
NO_ENTRIES: Mapping[bytes, bytes] = MappingProxyType({})


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
        self._reads: StateReads | None = None
        # What the context of the next block follows from, and that context.
        self._context: tuple[tuple[Block, NextBlock, int], BlockContext] | None = None
        self._pruning: AutomaticPruning | None = None
        if self.store.head_hash() is None:
            self._begin()
        self.reload()

    def reload(self) -> None:
        """Read the newest block, and what was set for those after it."""
        block_hash = self.store.head_hash()
        if block_hash is None:
            raise DatabaseDamaged(keys.HEAD, "missing")
        self._block = self.stored_block(block_hash)
        self._next = read_next_block(self.database.get)
        if self._next == NOTHING_SET:
            self._next = NOTHING_SET
        stored = self.database.get(keys.INTERVAL_KEY)
        self._interval = (
            SECONDS_PER_BLOCK if stored is None else int.from_bytes(stored, "big")
        )

    @property
    def block(self) -> Block:
        """The newest block."""
        return self._block

    @property
    def next_block(self) -> NextBlock:
        """What was set for the next block."""
        return self._next

    @property
    def start_root(self) -> Hash32:
        """Root of the state that the next block starts from: open edits are in it."""
        edited = self._next.edited
        if edited is None or edited.root is None:
            return self._block.header.state_root
        return edited.root

    def open_start(self, kind: type[S], /) -> S:
        """The state that the next block starts from."""
        reads = self.start_reads()
        return kind(self.database, reads.root, self.node_cache, reads)

    def start_reads(self) -> StateReads:
        """What was read of that state."""
        root, reads = self.start_root, self._reads
        if reads is None or reads.root != root:
            reads = self._reads = StateReads(self.database, root, self.node_cache)
        return reads

    @property
    def interval(self) -> int:
        """Seconds from a block to the next."""
        return self._interval

    def next_context(self) -> BlockContext:
        """The context of the next block, as far as it is known now."""
        follows = self._block, self._next, self._interval
        known = self._context
        if known is None or known[0] != follows:
            header, hashes = self._block.header, self.store.hash_at
            context = context_after(
                header, hashes, self.fork, self._next, self._interval
            )
            known = self._context = follows, context
        return known[1]

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
        """Make a new block the head, and write it with its state and its edits."""
        block, edited = built.block, self._next.edited
        entries = self.store.entries(block, built.receipts, built.outcomes)
        if edited is not None:
            entries[keys.EDITS + block.hash] = encode_edited(edited)
        self._append([block], {**built.state_entries, **entries})

    def append_empty(self, blocks: Sequence[Block]) -> None:
        """Append blocks without transactions, in one batch; the last is the head."""
        entries: dict[bytes, bytes] = {}
        for block in blocks:
            entries |= self.store.entries(block, (), ())
        self._append(blocks, entries)

    def move(
        self,
        target: Block,
        puts: Mapping[bytes, bytes],
        deletes: Collection[bytes],
        next_block: NextBlock = NOTHING_SET,
    ) -> None:
        """Make `target` the head by these entries.

        What was set for the next block is discarded, and `next_block` takes its place.
        """
        if self._next is not NOTHING_SET or next_block is not NOTHING_SET:
            deletes = [*deletes, *self._next.entries()]
            puts = {**puts, **next_block.entries()}
        self.database.write_batch(puts, deletes)
        self._block = target
        self._next = next_block

    def write(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """Write entries that leave the head where it is."""
        self.database.write_batch(puts, deletes)

    def set_next(
        self, next_block: NextBlock, state_entries: Mapping[bytes, bytes] = NO_ENTRIES
    ) -> None:
        """Keep what is set for the next block, with new entries of an edited state."""
        if next_block == NOTHING_SET:
            next_block = NOTHING_SET
        puts = {**state_entries, **next_block.entries()}
        self.write(puts, list(self._next.entries()))
        self._next = next_block

    def set_interval(self, seconds: int | None) -> None:
        """Keep the seconds from a block to the next; None for the usual ones."""
        if seconds is None:
            self.write({}, [keys.INTERVAL_KEY])
        else:
            self.write({keys.INTERVAL_KEY: seconds.to_bytes(8, "big")})
        self._interval = SECONDS_PER_BLOCK if seconds is None else seconds

    def prune(self, keep_blocks: int) -> None:
        """Have `prune_after` keep the newest `keep_blocks` blocks from now on."""
        self._pruning = AutomaticPruning(self.database, keep_blocks)

    def prune_after(self, count: int) -> None:
        """Collect garbage if it is due after `count` more blocks."""
        if self._pruning is None:
            return
        if self._pruning.after_blocks(count) is not None:
            self.node_cache.clear()
            self._reads = None

    def _begin(self) -> None:
        block, state_entries = genesis_block(self.genesis, WorldState(self.database))
        entries = self.store.entries(block, (), ())
        entries[keys.GENESIS_KEY] = encode_genesis(self.genesis).encode()
        self.write({**state_entries, **entries})

    def _append(self, blocks: Sequence[Block], puts: dict[bytes, bytes]) -> None:
        # A block that was there before and lost its state is whole again.
        self.move(blocks[-1], puts, [keys.PRUNED + block.hash for block in blocks])
