"""Branches and snapshots: names for blocks, to which the head can be moved.

Moving the head is one batch of a few entries, however long the chain is; nothing is
copied.
"""

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import snapshot_key
from chain_sim.ethereum.blocks.branch_store import Branch, branch_key
from chain_sim.ethereum.blocks.chain_point import BlockName, require_branch_name
from chain_sim.ethereum.blocks.history_errors import BranchExists, BranchInUse
from chain_sim.ethereum.blocks.next_block import NextBlock
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import UnknownSnapshot
from chain_sim.ethereum.primitives.text import Hash32
from gas_schedule.arguments import as_int, as_text

A_NAME = "the name of a branch"


class Branches:
    """The branches of a chain, as git has them, and its snapshots."""

    def __init__(self, head: Head, reader: ChainReader) -> None:
        self._head = head
        self._reader = reader

    @property
    def current(self) -> str:
        """The name of the branch that the chain is on; new blocks move it."""
        return self._head.branches.current()

    def all(self) -> tuple[Branch, ...]:
        """All branches, in order of their names."""
        return self._head.branches.branches()

    def create(self, name: str, at: BlockName = None) -> Branch:
        """Name a block, by default the head; the chain stays on its branch.

        Raises InvalidBranchName, BranchExists, BlockNotKept where the block's state is
        not there, and what `find_block` does.
        """
        branch = self.checked(name, at)
        self._head.write({branch_key(name): branch.tip.hash})
        return branch

    def checked(self, name: str, at: BlockName = None) -> Branch:
        """The branch that `create` would make; raises what it does."""
        require_branch_name(as_text(name, "name", A_NAME))
        if self._head.branches.has(name):
            raise BranchExists(name, self._reader.find_block(name).header.number)
        tip = self._reader.find_block(at)
        self._reader.require_state(tip)
        return Branch(name, tip, is_current=False)

    def switch(self, name: str) -> Block:
        """Continue from a branch's newest block, which becomes the head.

        Raises UnknownBranch. Costs what lies between the branches' common block and
        that one.
        """
        target = self._reader.find_block(as_text(name, "name", A_NAME))
        if name != self.current:
            puts, deletes = self._head.branches.switch_entries(name, target)
            self._head.move(target, puts, deletes)
        return target

    def delete(self, name: str) -> Block:
        """Forget a name; returns the block that it stood for.

        The next garbage collection removes blocks that nothing refers to any more.
        Raises UnknownBranch, and BranchInUse for the one that the chain is on.
        """
        if as_text(name, "name", A_NAME) == self.current:
            raise BranchInUse(name)
        tip = self._reader.find_block(name)
        self._head.write({}, [branch_key(name)])
        return tip

    def snapshot(self) -> int:
        """Remember the head; the number is for `revert` and outlives the process.

        Open edits and what else was set for the next block are remembered, too.
        """
        head = self._head
        number, entries = head.store.new_snapshot(head.block.hash, head.next_block)
        head.write(entries)
        return number

    def snapshot_block(self, snapshot: int) -> Block:
        """The block that was the head at `snapshot`; raises UnknownSnapshot."""
        return self._head.stored_block(self._found(snapshot)[0])

    def revert(self, snapshot: int) -> Block:
        """Go back to the head at `snapshot`, which stays valid.

        Open edits and what else was set for the next block are what they were then. The
        branch that the chain is on moves with the head. Raises UnknownSnapshot.
        """
        block_hash, next_block = self._found(snapshot)
        target = self._head.stored_block(block_hash)
        puts, deletes = self._head.store.head_entries(target)
        self._head.move(target, puts, deletes, next_block)
        return target

    def forget_since(self, snapshot: int) -> None:
        """Forget a snapshot and all later ones; their numbers are not used again.

        Raises UnknownSnapshot.
        """
        self._found(snapshot)
        later = [
            key
            for key, _ in self._head.database.iterate(keys.SNAPSHOT)
            if key >= snapshot_key(snapshot)
        ]
        self._head.write({}, later)

    def rollback(self, count: int) -> Block:
        """Go back by this many blocks, with the branch that the chain is on.

        Raises BlockNotKept or UnknownBlock where there is no such block.
        """
        number = self._head.block.header.number - as_int(count, "count", at_least=0)
        target = self._reader.find_block(number)
        self._reader.require_state(target)
        puts, deletes = self._head.store.head_entries(target)
        self._head.move(target, puts, deletes)
        return target

    def _found(self, snapshot: int) -> tuple[Hash32, NextBlock]:
        as_int(snapshot, "snapshot", "the number that snapshot() returned")
        is_number = 0 <= snapshot < 1 << 64
        found = self._head.store.snapshot(snapshot) if is_number else None
        if found is None:
            raise UnknownSnapshot(snapshot)
        return found
