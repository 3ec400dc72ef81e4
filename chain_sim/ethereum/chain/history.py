"""A chain's history: its blocks, state differences, and writes of a slot."""

from collections.abc import Iterator

from chain_sim.ethereum.blocks.ancestry import ancestry
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import BlockName, Where
from chain_sim.ethereum.blocks.history_errors import HistoryNotKept
from chain_sim.ethereum.blocks.slot_history import SlotHistory, SlotReader, SlotWrite
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    HashLike,
    as_address,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import BlockNotKept
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import sender_in_block
from chain_sim.ethereum.state.state_difference import (
    AccountDifference,
    state_differences,
)
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.progress import Progress, no_progress


class History:
    """Reads a chain's past."""

    def __init__(self, reader: ChainReader) -> None:
        self._reader = reader

    def blocks(self, which: BlockName = None) -> Iterator[Block]:
        """A block, by default the head, and those before it as far as kept.

        Raises what `find_block` does.
        """
        reader = self._reader
        return ancestry(reader.head.database, reader.find_block(which).hash)

    def diff(self, before: Where, after: Where = None) -> Iterator[AccountDifference]:
        """The accounts that differ between two places; `after` is by default the head.

        Only what lies above a difference is read. Raises what `state_at` does.
        """
        reader = self._reader
        return state_differences(reader.state_at(before), reader.state_at(after))

    def slot_writes(
        self,
        address: AddressLike,
        slot: int | HashLike,
        *,
        at: BlockName = None,
        exact: bool = True,
        progress: Progress = no_progress,
    ) -> Iterator[SlotWrite]:
        """The changes of a slot up to block `at`, the newest first.

        Blocks with several transactions are run again to find changes undone in the
        same block, unless `exact=False`. Raises HistoryNotKept if it reaches a block
        that is not kept, and ReplayDiffers.
        """
        reader, head = self._reader, self._reader.head
        account, key = as_address(address), as_slot(slot)

        def parent_of(block: Block) -> Block:
            try:
                parent = reader.parent(block)
                reader.require_state(parent)
            except BlockNotKept as error:
                raise HistoryNotKept(block.header.number) from error
            return parent

        def values_in(block: Block) -> Iterator[bytes]:
            stored = reader.stored_block(block)
            state = stored.open_state(WorldState)
            for _ in stored.run(Executor(reader.engine, state)):
                yield state.get_storage(account, key)

        def sender_of(block: Block, index: int) -> Address:
            return sender_in_block(block.transactions[index], head.genesis.chain_id)

        tip = reader.find_block(at)
        reader.require_state(tip)
        slots = SlotReader(head.database, head.node_cache, account, key)

        def edited_root(block: Block) -> Hash32 | None:
            edited = head.store.edited(block.hash)
            return None if edited is None else edited.root

        history = SlotHistory(slots, parent_of, values_in, sender_of, edited_root)
        return history.writes(tip, exact=exact, progress=progress)

    def blame(
        self,
        address: AddressLike,
        slot: int | HashLike,
        *,
        at: BlockName = None,
        exact: bool = True,
        progress: Progress = no_progress,
    ) -> SlotWrite | None:
        """The last change of a slot up to block `at`; None where it never changed.

        Options and errors are those of `slot_writes`.
        """
        writes = self.slot_writes(address, slot, at=at, exact=exact, progress=progress)
        return next(writes, None)
