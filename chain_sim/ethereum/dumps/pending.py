"""New entries of a database, gathered into large batches and read as if written."""

from collections.abc import Iterable, Iterator
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
KEYS_PER_UPDATE = 10_000
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


def build_trie(entries: PendingEntries, items: Iterable[tuple[bytes, bytes]]) -> Hash32:
    """The root of the trie with these items, in ascending order of their keys.

    Its nodes are put into the entries. As the keys ascend, a part that is behind is
    not touched again: hardly any node is written that a later one replaces.
    """
    root = EMPTY_TRIE_ROOT
    cache = NodeCache(CACHE_BYTES)
    rest: Iterator[tuple[bytes, bytes]] = iter(items)
    while chunk := dict(islice(rest, KEYS_PER_UPDATE)):
        root, records = Trie(entries, root, cache, HELD_BYTES).updated(chunk)
        for node_hash, record in records.items():
            entries.put(node_key(node_hash), record)
    return root
