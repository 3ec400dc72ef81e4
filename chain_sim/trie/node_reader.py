"""Where a trie gets its nodes from."""

from typing import Protocol

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.keys import node_key
from chain_sim.primitives import Hash32, keccak256


class NodeReader(Protocol):
    """Encoded nodes by hash; a dict of them will do."""

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """The encoded node, None if it isn't there."""
        ...


class DatabaseNodes:
    """The nodes of a database, each checked against its hash when it is read.

    Raises DatabaseDamaged where the bytes have another hash. What is to be read more
    than once is kept decoded, in a NodeCache.
    """

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """See NodeReader.get."""
        encoded = self._database.get(node_key(node_hash))
        if encoded is not None and keccak256(encoded) != node_hash:
            reason = "trie node does not have the hash that names it"
            raise DatabaseDamaged(node_key(node_hash), reason)
        return encoded
