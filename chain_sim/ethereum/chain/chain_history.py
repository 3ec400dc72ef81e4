"""What happened on a chain: its blocks, what differs, who wrote a slot."""

from collections.abc import Iterator

from chain_sim.ethereum.blocks.ancestry import ancestry
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.branch_store import Branch
from chain_sim.ethereum.blocks.chain_point import BlockName, Where
from chain_sim.ethereum.blocks.history_errors import HistoryNotKept
from chain_sim.ethereum.blocks.slot_history import SlotHistory, SlotReader, SlotWrite
from chain_sim.ethereum.chain.chain_reader import ChainReader, slot_key
from chain_sim.ethereum.primitives.errors import BlockNotKept
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import recover_sender
from chain_sim.ethereum.state.state_difference import (
    AccountDifference,
    state_differences,
)
from contractvm.progress import Progress, no_progress


class ChainHistory(ChainReader):
    """A chain's past, read and never changed."""

    @property
    def branch(self) -> str:
        """The name of the branch that the chain is on; new blocks move it."""
        return self._branches.current()

    def branches(self) -> tuple[Branch, ...]:
        """All branches, in order of their names."""
        return self._branches.branches()

    def history(self, which: BlockName = None) -> Iterator[Block]:
        """A block, by default the head, and those before it as far as they are kept.

        Raises what `find_block` does.
        """
        return ancestry(self._database, self.find_block(which).hash)

    def diff(self, before: Where, after: Where = None) -> Iterator[AccountDifference]:
        """The accounts that differ between two places; `after` is by default the head.

        Only what lies above a difference is read. Raises what `state_at` does.
        """
        return state_differences(self.state_at(before), self.state_at(after))

    def slot_history(
        self,
        address: Address,
        slot: int | bytes,
        *,
        at: BlockName = None,
        exact: bool = True,
        progress: Progress = no_progress,
    ) -> Iterator[SlotWrite]:
        """The changes of a slot up to block `at`, the newest first.

        Blocks with several transactions are run again, so that no change is missed
        that the same block undid; not so with `exact=False`. Raises HistoryNotKept
        where it comes to a block that is not kept, and ReplayDiffers.
        """
        key = slot_key(slot)

        def parent_of(block: Block) -> Block:
            try:
                parent = self._parent(block)
                self._require_state(parent)
            except BlockNotKept as error:
                raise HistoryNotKept(block.header.number) from error
            return parent

        def values_in(block: Block) -> Iterator[bytes]:
            state = self.state_at(block.header.parent_hash)
            for _ in self._replayable(block).walk(state, self.engine):
                yield state.get_storage(address, key)

        def sender_of(block: Block, index: int) -> Address:
            return recover_sender(block.transactions[index], self.genesis.chain_id)

        tip = self.find_block(at)
        self._require_state(tip)
        reader = SlotReader(self._database, self._node_cache, address, key)
        history = SlotHistory(reader, parent_of, values_in, sender_of)
        return history.writes(tip, exact=exact, progress=progress)

    def blame(
        self,
        address: Address,
        slot: int | bytes,
        *,
        at: BlockName = None,
        exact: bool = True,
        progress: Progress = no_progress,
    ) -> SlotWrite | None:
        """The last change of a slot up to block `at`; None where it never changed.

        Terms and errors are those of `slot_history`.
        """
        writes = self.slot_history(address, slot, at=at, exact=exact, progress=progress)
        return next(writes, None)
