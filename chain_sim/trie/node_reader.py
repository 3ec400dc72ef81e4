"""Where a trie gets its nodes from."""

from collections import OrderedDict
from typing import Protocol

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.keys import node_key
from chain_sim.primitives import Hash32, keccak256

CACHED_NODES = 65_536
"""Some 20 MB of mostly leaves, 50 MB at most: a full branch has 532 bytes."""


class NodeReader(Protocol):
    """Encoded nodes by hash; a dict of them will do."""

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """The encoded node, None if it isn't there."""
        ...


class DatabaseNodes:
    """The nodes of a database, each checked against its hash when it is read.

    The nodes read last are kept, up to `cached_nodes`: as a node never changes, what
    is kept never grows stale. Raises DatabaseDamaged where the bytes have another
    hash.
    """

    def __init__(
        self, database: KeyValueStore, cached_nodes: int = CACHED_NODES
    ) -> None:
        self._database = database
        self._cached_nodes = cached_nodes
        self._cache: OrderedDict[Hash32, bytes] = OrderedDict()

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """See NodeReader.get."""
        encoded = self._cache.get(node_hash)
        if encoded is not None:
            self._cache.move_to_end(node_hash)
            return encoded
        encoded = self._database.get(node_key(node_hash))
        if encoded is None:
            return None
        if keccak256(encoded) != node_hash:
            reason = "trie node does not have the hash that names it"
            raise DatabaseDamaged(node_key(node_hash), reason)
        self._cache[node_hash] = encoded
        if len(self._cache) > self._cached_nodes:
            self._cache.popitem(last=False)
        return encoded
