"""A chain whose head can be moved, and whose clock can be set.

Moving the head is one batch of a few entries, whatever the chain holds: snapshots and
branches are names for blocks, and nothing is copied.
"""

from collections.abc import Sequence
from itertools import islice

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.branch_store import Branch, branch_key
from chain_sim.ethereum.blocks.chain_point import BlockName, require_branch_name
from chain_sim.ethereum.blocks.history_errors import BranchExists, BranchInUse
from chain_sim.ethereum.chain.chain_history import ChainHistory
from chain_sim.ethereum.execution.block_building import (
    SECONDS_PER_BLOCK,
    empty_blocks,
    require_time,
)
from chain_sim.ethereum.maintenance.pruning import AutomaticPruning
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import UnknownSnapshot
from contractvm.progress import Progress, no_progress

EMPTY_BLOCKS_PER_BATCH = 500


class MovableChain(ChainHistory):
    """Snapshots, branches and the logical clock."""

    def __init__(self, database: KeyValueStore) -> None:
        super().__init__(database)
        self._next_time = self._store.next_time()
        self._pruning: AutomaticPruning | None = None

    # Snapshots

    def snapshot(self) -> int:
        """Remember the head; the number is for `revert` and outlives the process."""
        number, entries = self._store.new_snapshot(self._head.hash)
        self._database.write_batch(entries)
        return number

    def snapshot_block(self, snapshot: int) -> Block:
        """The block that was the head at `snapshot`; raises UnknownSnapshot."""
        is_number = 0 <= snapshot < 1 << 64
        block_hash = self._store.snapshot_hash(snapshot) if is_number else None
        if block_hash is None:
            raise UnknownSnapshot(snapshot)
        return self._stored_block(block_hash)

    def revert(self, snapshot: int) -> Block:
        """Make the head what it was at `snapshot`; it stays valid for another time.

        The branch that the chain is on moves with the head. Raises UnknownSnapshot.
        """
        target = self.snapshot_block(snapshot)
        puts, deletes = self._store.head_entries(target)
        self._move(target, puts, deletes)
        return target

    # Branches

    def create_branch(self, name: str, at: BlockName = None) -> Branch:
        """Name a block, by default the head; the chain stays on its branch.

        Raises InvalidBranchName, BranchExists, BlockNotKept where the block's state is
        not there, and what `find_block` does.
        """
        require_branch_name(name)
        if self._branches.has(name):
            raise BranchExists(name, self.find_block(name).header.number)
        tip = self.find_block(at)
        self._require_state(tip)
        self._database.write_batch({branch_key(name): tip.hash})
        return Branch(name, tip, is_current=False)

    def switch_branch(self, name: str) -> Block:
        """Go on from a branch's newest block: it is the head now.

        Raises UnknownBranch. Costs what lies between the branches' common block and
        that one.
        """
        target = self.find_block(name)
        if name != self.branch:
            puts, deletes = self._branches.switch_entries(name, target)
            self._move(target, puts, deletes)
        return target

    def delete_branch(self, name: str) -> Block:
        """Forget a name; the block that it stood for is given back.

        Blocks that nothing leads to any more go with the next garbage collection.
        Raises UnknownBranch, and BranchInUse for the one that the chain is on.
        """
        if name == self.branch:
            raise BranchInUse(name)
        tip = self.find_block(name)
        self._database.write_batch({}, [branch_key(name)])
        return tip

    # The clock

    @property
    def next_time(self) -> int:
        """The timestamp that the next block will have, in seconds."""
        if self._next_time is not None:
            return self._next_time
        return self._head.header.timestamp + SECONDS_PER_BLOCK

    @property
    def is_time_set(self) -> bool:
        """Whether a time was set for the next block."""
        return self._next_time is not None

    def set_time(self, timestamp: int) -> None:
        """Give the next block this timestamp; those after it go on from there.

        It is kept in the database until that block, and forgotten where the head is
        moved. Raises TimeNotAfterHead or TimeTooLate.
        """
        require_time(self._head.header, timestamp)
        entry = {keys.NEXT_TIME_KEY: timestamp.to_bytes(8, "big")}
        self._database.write_batch(entry)
        self._next_time = timestamp

    def increase_time(self, seconds: int) -> int:
        """Have the next block so much later than it would be; its timestamp then.

        Raises TimeNotAfterHead or TimeTooLate.
        """
        timestamp = self.next_time + seconds
        self.set_time(timestamp)
        return timestamp

    # Growth

    def mine_blocks(
        self,
        count: int,
        *,
        interval: int = SECONDS_PER_BLOCK,
        progress: Progress = no_progress,
    ) -> Block:
        """Make `count` empty blocks, `interval` seconds from each to the next.

        The first is that much after the head, or at the time that was set. They are
        written some hundreds at a time, and reported as progress when they are on
        disk. The newest is returned. Raises TimeNotAfterHead and TimeTooLate.
        """
        head_time = self._head.header.timestamp
        first = head_time + interval if self._next_time is None else self._next_time
        if count > 0:
            require_time(self._head.header, head_time + interval)
            require_time(self._head.header, first + (count - 1) * interval)
        times = (first + number * interval for number in range(count))
        done = 0
        while chunk := list(islice(times, self._blocks_per_batch())):
            blocks = list(empty_blocks(self._head.header, chunk))
            entries: dict[bytes, bytes] = {}
            for block in blocks:
                entries |= self._store.entries(block, (), ())
            self._add(blocks, entries)
            done += len(blocks)
            progress("blocks", done, count)
            self._after_blocks(len(blocks))
        return self._head

    def prune(self, keep_blocks: int) -> None:
        """From now on keep the newest `keep_blocks` blocks of each branch.

        Those of snapshots stay too. What only older ones need is removed now and then,
        so that the database stops growing; up to twice as many may be there.
        """
        self._pruning = AutomaticPruning(self._database, keep_blocks)

    # Inside

    def _blocks_per_batch(self) -> int:
        if self._pruning is None:
            return EMPTY_BLOCKS_PER_BATCH
        return min(EMPTY_BLOCKS_PER_BATCH, self._pruning.interval)

    def _after_blocks(self, count: int) -> None:
        if self._pruning is None:
            return
        if self._pruning.after_blocks(count) is not None:
            self._node_cache.clear()

    def _add(self, blocks: Sequence[Block], puts: dict[bytes, bytes]) -> None:
        """Write new blocks, of which the last is the head.

        A block that was there before and lost its state is whole again.
        """
        self._move(blocks[-1], puts, [keys.PRUNED + block.hash for block in blocks])

    def _move(
        self, head: Block, puts: dict[bytes, bytes], deletes: list[bytes]
    ) -> None:
        """Write what makes `head` the head, and forget the time that was set."""
        if self._next_time is not None:
            deletes = [*deletes, keys.NEXT_TIME_KEY]
        self._database.write_batch(puts, deletes)
        self._head = head
        self._next_time = None
