"""The source of a trie's nodes."""

from typing import Protocol

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import Hash32, keccak256
from chain_sim.ethereum.trie.node_record import own_encoding


class NodeReader(Protocol):
    """Records of nodes by hash; a dict is one.

    A record is the encoded node, alone or with the children that it holds, which have
    no record of their own. `own_encoding` returns the first, `decode_record` both.
    """

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """The node's record; None if there is none."""
        ...


class DatabaseNodes:
    """The nodes of a database, each checked against its hash when it is read.

    Raises DatabaseDamaged if the bytes have another hash. Children that a record holds
    are checked when they are decoded. A NodeCache keeps decoded nodes for reuse.
    """

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """See NodeReader.get."""
        record = self._database.get(node_key(node_hash))
        if record is not None and keccak256(own_encoding(record)) != node_hash:
            reason = "trie node does not have the hash that names it"
            raise DatabaseDamaged(node_key(node_hash), reason)
        return record
