"""The way from one head of the chain to another: blocks lost, and blocks gained."""

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.primitives.text import Hash32

MAX_BLOCKS = 10_000


class Change(Struct, frozen=True):
    """Blocks that left the chain, newest first, and new ones, oldest first."""

    removed: tuple[Block, ...]
    added: tuple[Block, ...]


NO_CHANGE = Change((), ())


def change_between(store: BlockStore, old_hash: Hash32, new: Block) -> Change:
    """What led from the head with `old_hash` to `new`.

    It begins after a block that is no longer kept, and has the newest 10,000 at most.
    """
    if old_hash == new.hash:
        return NO_CHANGE
    if new.header.parent_hash == old_hash:
        return Change((), (new,))
    removed: list[Block] = []
    added: list[Block] = []
    old, other = store.block(old_hash), store.block(new.hash)
    while old is not None and other is not None and old.hash != other.hash:
        if len(added) >= MAX_BLOCKS or len(removed) >= MAX_BLOCKS:
            break
        if old.header.number > other.header.number:
            removed.append(old)
            old = store.block(old.header.parent_hash)
        elif old.header.number < other.header.number:
            added.append(other)
            other = store.block(other.header.parent_hash)
        else:
            removed.append(old)
            added.append(other)
            old = store.block(old.header.parent_hash)
            other = store.block(other.header.parent_hash)
    return Change(tuple(removed), tuple(reversed(added)))
