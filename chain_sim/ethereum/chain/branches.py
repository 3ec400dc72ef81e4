"""Branches and snapshots: names for blocks, to which the head can be moved.

Moving the head is one batch of a few entries, however long the chain is; nothing is
copied.
"""

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.branch_store import Branch, branch_key
from chain_sim.ethereum.blocks.chain_point import BlockName, require_branch_name
from chain_sim.ethereum.blocks.history_errors import BranchExists, BranchInUse
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.primitives.errors import UnknownSnapshot
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
        require_branch_name(as_text(name, "name", A_NAME))
        if self._head.branches.has(name):
            raise BranchExists(name, self._reader.find_block(name).header.number)
        tip = self._reader.find_block(at)
        self._reader.require_state(tip)
        self._head.write({branch_key(name): tip.hash})
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
        """Remember the head; the number is for `revert` and outlives the process."""
        number, entries = self._head.store.new_snapshot(self._head.block.hash)
        self._head.write(entries)
        return number

    def snapshot_block(self, snapshot: int) -> Block:
        """The block that was the head at `snapshot`; raises UnknownSnapshot."""
        as_int(snapshot, "snapshot", "the number that snapshot() returned")
        is_number = 0 <= snapshot < 1 << 64
        block_hash = self._head.store.snapshot_hash(snapshot) if is_number else None
        if block_hash is None:
            raise UnknownSnapshot(snapshot)
        return self._head.stored_block(block_hash)

    def revert(self, snapshot: int) -> Block:
        """Go back to the head at `snapshot`, which stays valid.

        The branch that the chain is on moves with the head. Raises UnknownSnapshot.
        """
        target = self.snapshot_block(snapshot)
        puts, deletes = self._head.store.head_entries(target)
        self._head.move(target, puts, deletes)
        return target
