"""The blocks that a database keeps, and those that survive a garbage collection."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import ZERO_HASH, Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.next_block import decode_snapshot, read_next_block
from chain_sim.ethereum.forks import FORKS
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32

HASH_WINDOW = max(fork.block_hash_window for fork in FORKS.values())
"""Blocks before a kept one whose hashes a contract can still ask for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Hashes of the blocks that stay whole, and of those that stay as blocks alone.

    Dicts for their order: the newest first.
    """

    whole: dict[Hash32, None]
    bare: dict[Hash32, None]


def heads(database: KeyValueStore) -> list[Hash32]:
    """The head, and the tips of the branches that the chain is not on."""
    return [Hash32(value) for _, value in database.iterate(keys.HEAD)]


def snapshots(database: KeyValueStore) -> list[Hash32]:
    """The blocks that snapshots remember."""
    return [Hash32(value[:32]) for _, value in database.iterate(keys.SNAPSHOT)]


def edited_roots(
    database: KeyValueStore, block_hashes: Iterable[Hash32]
) -> Iterator[Hash32]:
    """The edited states that these blocks, the next one, and the snapshots start from.

    Those that are not kept are left out.
    """
    store = BlockStore(database)
    edited = [store.edited(block_hash) for block_hash in block_hashes]
    edited.append(read_next_block(database.get).edited)
    for _, value in database.iterate(keys.SNAPSHOT):
        edited.append(decode_snapshot(value)[1].edited)
    for one in edited:
        if one is not None and one.root is not None:
            yield one.root


def whole_blocks(database: KeyValueStore) -> Iterator[Hash32]:
    """Hashes of all blocks whose state and receipts are to be there."""
    for key, _ in database.iterate(keys.BLOCK):
        block_hash = key[len(keys.BLOCK) :]
        if database.get(keys.PRUNED + block_hash) is None:
            yield Hash32(block_hash)


def blocks_to_keep(database: KeyValueStore, keep: int) -> Kept:
    """The `keep` newest of each head, and each snapshot's.

    After each of these chains, HASH_WINDOW more blocks without state.
    """
    whole: dict[Hash32, None] = {}
    bare: dict[Hash32, None] = {}
    tips = [(tip, keep) for tip in heads(database)]
    tips += [(tip, 1) for tip in snapshots(database)]
    for tip, count in tips:
        lineage = ancestry(database, tip)
        for position, block in zip(range(count + HASH_WINDOW), lineage, strict=False):
            block_hash = block.hash
            is_pruned = database.get(keys.PRUNED + block_hash) is not None
            (bare if position >= count or is_pruned else whole)[block_hash] = None
    for block_hash in whole:
        bare.pop(block_hash, None)
    return Kept(whole, bare)


def ancestry(database: KeyValueStore, tip: Hash32) -> Iterator[Block]:
    """The block with this hash, its parent and so on, as far as they are kept."""
    store = BlockStore(database)
    block = store.block(tip)
    if block is None:
        raise DatabaseDamaged(keys.BLOCK + tip, "missing block")
    while block is not None:
        yield block
        if block.header.parent_hash == ZERO_HASH:
            return
        parent = store.block(block.header.parent_hash)
        if parent is None and not store.is_pruned(block.hash):
            raise DatabaseDamaged(
                keys.BLOCK + block.header.parent_hash, "missing block"
            )
        block = parent
