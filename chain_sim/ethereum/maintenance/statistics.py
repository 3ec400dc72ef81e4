"""Statistics of a database: entries of each kind, their sizes, and the blocks."""

from dataclasses import dataclass, field

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.meta_keys import META
from chain_sim.ethereum.blocks.ancestry import heads, snapshots, whole_blocks
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.primitives import database_keys as keys
from contractvm.progress import Progress, no_progress

KINDS = {
    keys.NODE: "trie nodes",
    keys.CODE: "code",
    keys.BLOCK: "blocks",
    keys.RECEIPTS: "receipts",
    keys.OUTCOMES: "outcomes",
    keys.EDITS: "state edits",
    keys.TX_INDEX: "transaction index",
    keys.NUMBER_INDEX: "block number index",
    keys.PREIMAGE: "preimages of hashed keys",
    keys.PRUNED: "marks of pruned blocks",
    keys.HEAD: "head and branches",
    keys.SNAPSHOT: "snapshots",
    META: "facts about the database",
}
OTHER = "other"
ENTRIES_PER_REPORT = 10_000


@dataclass(slots=True)
class KindSize:
    """Entries of one kind; bytes are those of keys and values, uncompressed."""

    count: int = 0
    key_bytes: int = 0
    value_bytes: int = 0


@dataclass(slots=True)
class Statistics:
    """The whole database; numbers are those of blocks with their state.

    `unfinished_keep` is the number of blocks that an interrupted garbage collection was
    to keep; None if none was interrupted.
    """

    kinds: dict[str, KindSize] = field(default_factory=dict)
    head_number: int = 0
    oldest_number: int = 0
    whole_blocks: int = 0
    pruned_blocks: int = 0
    snapshots: int = 0
    branches: int = 0
    unfinished_keep: int | None = None


def measure(database: KeyValueStore, progress: Progress = no_progress) -> Statistics:
    """Read every entry once; raises DatabaseDamaged if one cannot be read."""
    statistics = Statistics()
    kinds = statistics.kinds
    for done, (key, value) in enumerate(database.iterate(b"")):
        size = kinds.setdefault(KINDS.get(key[:1], OTHER), KindSize())
        size.count += 1
        size.key_bytes += len(key)
        size.value_bytes += len(value)
        if done % ENTRIES_PER_REPORT == 0:
            progress("reading", done, None)
    store = BlockStore(database)
    numbers = [
        block.header.number
        for block_hash in whole_blocks(database)
        if (block := store.block(block_hash)) is not None
    ]
    statistics.head_number = store.head_number()
    statistics.oldest_number = min(numbers, default=statistics.head_number)
    statistics.whole_blocks = len(numbers)
    pruned = kinds.get(KINDS[keys.PRUNED])
    statistics.pruned_blocks = 0 if pruned is None else pruned.count
    statistics.snapshots = len(snapshots(database))
    statistics.branches = len(heads(database))
    unfinished = database.get(keys.SWEEP_KEY)
    statistics.unfinished_keep = None if unfinished is None else int(unfinished)
    return statistics
