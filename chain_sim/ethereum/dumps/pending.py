"""New entries of a database, written in large batches, and tries built from them."""

from collections.abc import Iterator
from itertools import islice

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_encoder import HELD_BYTES
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import Trie

BATCH_BYTES = 8 * 1024 * 1024
ENTRY_BYTES = 150  # Python's overhead per entry, in addition to its bytes
ITEMS_PER_UPDATE = 10_000
ITEMS_IN_MEMORY = 100_000
CACHE_BYTES = 16 * 1024 * 1024


class PendingEntries:
    """Writes to a database in batches; a NodeReader of pending and stored entries."""

    def __init__(self, database: KeyValueStore) -> None:
        self.database = database
        self._database_nodes = DatabaseNodes(database)
        self._puts: dict[bytes, bytes] = {}
        self._size_bytes = 0

    def put(self, key: bytes, value: bytes) -> None:
        """Write the entry at some point before `flush` returns."""
        self._puts[key] = value
        self._size_bytes += len(key) + len(value) + ENTRY_BYTES
        if self._size_bytes > BATCH_BYTES:
            self.flush()

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """See NodeReader.get."""
        found = self._puts.get(node_key(node_hash))
        return self._database_nodes.get(node_hash) if found is None else found

    def __contains__(self, key: bytes) -> bool:
        return key in self._puts or self.database.get(key) is not None

    def flush(self) -> None:
        """Write the pending entries."""
        if self._puts:
            self.database.write_batch(self._puts)
        self._puts = {}
        self._size_bytes = 0


class TrieBuilder:
    """A new trie from items in any order, in bounded memory.

    The trie is built in the order of its keys, so that hardly any node is written that
    a later one replaces. Items that do not fit in memory wait in the database, which is
    sorted, under `prefix`; in the end they are removed.
    """

    def __init__(self, entries: PendingEntries, prefix: bytes) -> None:
        self.count = 0
        self._entries = entries
        self._prefix = prefix
        self._items: dict[bytes, bytes] = {}
        self._is_in_database = False

    def add(self, key: bytes, value: bytes) -> bool:
        """Add an item; False, without any effect, if its key was added before."""
        is_known = self._is_in_database and self._prefix + key in self._entries
        if is_known or key in self._items:
            return False
        self.count += 1
        self._items[key] = value
        if len(self._items) >= ITEMS_IN_MEMORY:
            self._move_to_database()
        return True

    def finish(self) -> Hash32:
        """Build the trie; returns its root."""
        root = EMPTY_TRIE_ROOT
        cache = NodeCache(CACHE_BYTES)
        items = self._sorted_items()
        while chunk := dict(islice(items, ITEMS_PER_UPDATE)):
            trie = Trie(self._entries, root, cache, HELD_BYTES)
            root, records = trie.updated(chunk)
            for node_hash, record in records.items():
                self._entries.put(node_key(node_hash), record)
            if self._is_in_database:
                waited = [self._prefix + key for key in chunk]
                self._entries.database.write_batch({}, waited)
        return root

    def _move_to_database(self) -> None:
        for key, value in self._items.items():
            self._entries.put(self._prefix + key, value)
        self._items = {}
        self._is_in_database = True

    def _sorted_items(self) -> Iterator[tuple[bytes, bytes]]:
        if not self._is_in_database:
            yield from sorted(self._items.items())
            return
        self._move_to_database()
        self._entries.flush()
        for key, value in self._entries.database.iterate(self._prefix):
            yield key[len(self._prefix) :], value
