"""Garbage collection: removal of everything that no kept block refers to.

First everything that the kept blocks need is read and marked, so that nothing is
removed from an incomplete database. Then whole blocks are removed, each with its
receipts in one batch, and then the nodes and code that were not marked. Whenever it is
interrupted, the kept blocks are whole, and the next collection removes the rest.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.ancestry import Kept, blocks_to_keep, edited_roots
from chain_sim.ethereum.blocks.block_store import BlockStore, number_key, write_places
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.state_walk import walk_state
from contractvm.errors import InternalError
from contractvm.progress import Progress, no_progress

BLOCKS_PER_BATCH = 500
KEYS_PER_BATCH = 5_000
STEPS_PER_REPORT = 1_000
MIN_INTERVAL_BLOCKS = 64


@dataclass(slots=True)
class Collected:
    """What a collection kept and removed; `removed_bytes` counts keys and values."""

    kept_blocks: int
    kept_entries: int
    removed_blocks: int = 0
    removed_entries: int = 0
    removed_bytes: int = 0


def collect_garbage(
    database: KeyValueStore, keep: int, progress: Progress = no_progress
) -> Collected:
    """Keep only the `keep` newest blocks of each head and the snapshots' blocks.

    Raises BadEntry or DatabaseDamaged, without removing anything, if a kept block is
    not whole.
    """
    _require_positive(keep)
    kept = blocks_to_keep(database, keep)
    marked = mark(database, kept.whole, progress)
    collected = Collected(len(kept.whole), len(marked))
    database.write_batch({keys.SWEEP_KEY: str(keep).encode()})
    _remove_blocks(database, kept, collected, progress)
    _sweep(database, marked, collected, progress)
    head = BlockStore(database).head_number()
    pruned_at = {keys.PRUNED_AT_KEY: head.to_bytes(8, "big")}
    database.write_batch(pruned_at, [keys.SWEEP_KEY])
    database.compact()
    return collected


def _require_positive(keep: int) -> None:
    if keep < 1:
        raise InternalError(f"at least the head must be kept, not {keep} blocks")


def mark(
    database: KeyValueStore, blocks: Iterable[Hash32], progress: Progress = no_progress
) -> dict[bytes, None]:
    """The keys of all nodes, code and preimages that the blocks' states need.

    The states that they start from and those of open edits are among them.
    """
    marked: dict[bytes, None] = {}
    store = BlockStore(database)

    def is_new(key: bytes) -> bool:
        if key in marked:
            return False
        marked[key] = None
        return True

    def mark_preimage(digest: Hash32) -> None:
        marked[keys.preimage_key(digest)] = None

    hashes = tuple(blocks)
    roots = []
    for block_hash in hashes:
        block = store.block(block_hash)
        if block is None:
            raise DatabaseDamaged(keys.BLOCK + block_hash, "missing block")
        roots.append(block.header.state_root)
    for root in (*roots, *edited_roots(database, hashes)):
        for _ in walk_state(database, root, is_new, mark_preimage):
            if len(marked) % STEPS_PER_REPORT == 0:
                progress("marking", len(marked), None)
    return marked


def _remove_blocks(
    database: KeyValueStore, kept: Kept, collected: Collected, progress: Progress
) -> None:
    """Remove blocks that aren't kept, each with all that refers to it in one batch."""
    stale = (
        key[len(keys.BLOCK) :]
        for key, _ in database.iterate(keys.BLOCK)
        if key[len(keys.BLOCK) :] not in kept.whole
    )
    while chunk := list(islice(stale, BLOCKS_PER_BATCH)):
        puts: dict[bytes, bytes] = {}
        deletes: list[bytes] = []
        removed: dict[Hash32, None] = {}
        for block_hash in map(Hash32, chunk):
            is_bare = block_hash in kept.bare
            if is_bare and database.get(keys.PRUNED + block_hash) is not None:
                continue
            removed[block_hash] = None
            deletes += block_keys(database, block_hash, is_bare=is_bare)
            if is_bare:
                puts[keys.PRUNED + block_hash] = keys.NO_RECEIPTS
        for key, places in index_without(database, removed).items():
            if places:
                puts[key] = places
            else:
                deletes.append(key)
        if deletes:
            _delete(database, deletes, collected, puts)
        collected.removed_blocks += len(removed)
        progress("removing blocks", collected.removed_blocks, None)


def block_keys(
    database: KeyValueStore, block_hash: Hash32, *, is_bare: bool
) -> Iterator[bytes]:
    """The keys of a block's entries; without those of the block itself if `is_bare`."""
    store = BlockStore(database)
    block = store.block(block_hash)
    yield keys.RECEIPTS + block_hash
    yield keys.OUTCOMES + block_hash
    yield keys.EDITS + block_hash
    if block is not None and not is_bare:
        yield keys.BLOCK + block_hash
        yield keys.PRUNED + block_hash
        if store.hash_at(block.header.number) == block_hash:
            yield number_key(block.header.number)


def index_without(
    database: KeyValueStore, block_hashes: Collection[Hash32]
) -> dict[bytes, bytes]:
    """Changes of the transaction index if these blocks are removed; empty is a delete.

    A transaction may also be in blocks of other branches, and stays indexed there.
    """
    store = BlockStore(database)
    left: dict[bytes, bytes] = {}
    for block_hash in block_hashes:
        block = store.block(block_hash)
        for tx in () if block is None else block.transactions:
            places = store.find_transaction(tx.hash)
            kept = [place for place in places if place[0] not in block_hashes]
            left[keys.TX_INDEX + tx.hash] = write_places(kept)
    return left


def _sweep(
    database: KeyValueStore,
    marked: dict[bytes, None],
    collected: Collected,
    progress: Progress,
) -> None:
    done = 0
    for kind in (keys.NODE, keys.CODE, keys.PREIMAGE):
        entries = database.iterate(kind)
        while chunk := list(islice(entries, KEYS_PER_BATCH)):
            unmarked = [key for key, _ in chunk if key not in marked]
            if unmarked:
                _delete(database, unmarked, collected)
            done += len(chunk)
            progress("sweeping", done, None)


def _delete(
    database: KeyValueStore,
    unwanted: list[bytes],
    collected: Collected,
    puts: dict[bytes, bytes] | None = None,
) -> None:
    for key in unwanted:
        value = database.get(key)
        if value is not None:
            collected.removed_entries += 1
            collected.removed_bytes += len(key) + len(value)
    database.write_batch(puts or {}, unwanted)


@dataclass(slots=True)
class AutomaticPruning:
    """Collects garbage often enough that at most twice `keep` blocks are kept.

    If `keep` is less than MIN_INTERVAL_BLOCKS, at most that many more.
    """

    database: KeyValueStore
    keep: int
    _new_blocks: int = field(init=False)

    def __post_init__(self) -> None:
        _require_positive(self.keep)
        stored = self.database.get(keys.PRUNED_AT_KEY)
        pruned_at = 0 if stored is None else int.from_bytes(stored, "big")
        head_number = BlockStore(self.database).head_number()
        self._new_blocks = max(head_number - pruned_at, 0)

    @property
    def interval(self) -> int:
        """The number of new blocks after which a collection is due."""
        return max(self.keep, MIN_INTERVAL_BLOCKS)

    def after_blocks(self, count: int = 1) -> Collected | None:
        """Collect if this many new blocks, on any branch, make a collection due."""
        self._new_blocks += count
        if self._new_blocks < self.interval:
            return None
        self._new_blocks = 0
        return collect_garbage(self.database, self.keep)
