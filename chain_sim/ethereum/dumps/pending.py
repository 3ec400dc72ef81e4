"""New entries of a database in large batches, and the tries made of them."""

from itertools import islice

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_encoder import HELD_BYTES
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import Trie

BATCH_BYTES = 8 * 1024 * 1024
ENTRY_BYTES = 150  # what Python takes for an entry beside its bytes
ITEMS_PER_UPDATE = 10_000
ITEMS_IN_MEMORY = 100_000
CACHE_BYTES = 16 * 1024 * 1024


class PendingEntries:
    """Puts into a database, in batches; a NodeReader over what was put and is there."""

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database
        self._database_nodes = DatabaseNodes(database)
        self._puts: dict[bytes, bytes] = {}
        self._size_bytes = 0

    def put(self, key: bytes, value: bytes) -> None:
        """Write at some time before `flush` returns."""
        self._puts[key] = value
        self._size_bytes += len(key) + len(value) + ENTRY_BYTES
        if self._size_bytes > BATCH_BYTES:
            self.flush()

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """See NodeReader.get."""
        found = self._puts.get(node_key(node_hash))
        return self._database_nodes.get(node_hash) if found is None else found

    def flush(self) -> None:
        """Write what was put."""
        if self._puts:
            self._database.write_batch(self._puts)
        self._puts = {}
        self._size_bytes = 0


class TrieBuilder:
    """A new trie from items in any order, in memory that doesn't grow with it.

    Items are sorted a batch at a time. In the order of the trie, a part that is done is
    not touched again, and hardly any node is written that a later one replaces. In
    another order, each batch after the first leaves such nodes to the next collection
    of garbage.
    """

    def __init__(
        self, entries: PendingEntries, items_in_memory: int = ITEMS_IN_MEMORY
    ) -> None:
        self.count = 0
        self._entries = entries
        self._items_in_memory = items_in_memory
        self._cache = NodeCache(CACHE_BYTES)
        self._trie = Trie(entries, EMPTY_TRIE_ROOT, self._cache, HELD_BYTES)
        self._batch: dict[bytes, bytes] = {}
        self._highest = b""

    def add(self, key: bytes, value: bytes) -> bool:
        """Take an item in; False, and nothing done, if its key came before."""
        if key in self._batch or (key <= self._highest and self._trie.get(key)):
            return False
        self.count += 1
        self._batch[key] = value
        if len(self._batch) >= self._items_in_memory:
            self._write_batch()
        return True

    def finish(self) -> Hash32:
        """The root, with all nodes among the entries."""
        self._write_batch()
        return self._trie.root

    def _write_batch(self) -> None:
        items = iter(sorted(self._batch.items()))
        while chunk := dict(islice(items, ITEMS_PER_UPDATE)):
            root, records = self._trie.updated(chunk)
            for node_hash, record in records.items():
                self._entries.put(node_key(node_hash), record)
            self._trie = Trie(self._entries, root, self._cache, HELD_BYTES)
            self._highest = max(self._highest, *chunk)
        self._batch = {}
