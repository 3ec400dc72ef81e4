"""Trie nodes and code by hash, from new entries or else from the database."""

from collections.abc import Iterable, Mapping

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import code_key, node_key, preimage_key
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.trie.missing import MissingCode, MissingNode
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import hashed_key

MAX_READ_CODES = 64  # checked code, kept as contracts are often called again


class StateEntries:
    """A database with new entries laid over it; a NodeReader.

    Entries returned by `take` stay readable here until its next call, so it does not
    matter when the caller writes them. `cache` is for the tries over these nodes.
    """

    def __init__(
        self,
        database: KeyValueStore,
        cache: NodeCache,
        read_code: dict[Hash32, bytes] | None = None,
    ) -> None:
        """`read_code` keeps the code that is read; several may share it."""
        self.cache = cache
        self.new_nodes: dict[Hash32, bytes] = {}
        self._taken_nodes: Mapping[Hash32, bytes] = {}
        self.new_code_bytes = 0
        self._new_code: dict[Hash32, bytes] = {}
        self._new_preimages: dict[Hash32, bytes] = {}
        self._taken_code: Mapping[Hash32, bytes] = {}
        self._read_code = {} if read_code is None else read_code
        self._database = database
        self._database_nodes = DatabaseNodes(database)

    def fork(self) -> "StateEntries":
        """A copy with the entries last taken and the database's, without new ones."""
        fork = StateEntries(self._database, self.cache)
        fork._taken_nodes = self._taken_nodes
        fork._taken_code = self._taken_code
        fork._read_code = dict(self._read_code)
        return fork

    def require_node(self, root: Hash32) -> None:
        """Raise MissingNode if the root node of a trie is not there."""
        if root != EMPTY_TRIE_ROOT and self.get(root) is None:
            raise MissingNode(root, b"")

    def get(self, node_hash: Hash32, /) -> bytes | None:
        """See NodeReader.get."""
        return (
            self.new_nodes.get(node_hash)
            or self._taken_nodes.get(node_hash)
            or self._database_nodes.get(node_hash)
        )

    def add_code(self, code: bytes) -> Hash32:
        """Keep the code under its hash and return the hash."""
        code_hash = keccak256(code)
        if code_hash != EMPTY_CODE_HASH and code_hash not in self._new_code:
            self._new_code[code_hash] = code
            self.new_code_bytes += len(code)
        return code_hash

    def get_code(self, code_hash: Hash32) -> bytes:
        """The code; MissingCode if missing, DatabaseDamaged if it is other code."""
        if code_hash == EMPTY_CODE_HASH:
            return b""
        code = (
            self._read_code.get(code_hash)
            or self._new_code.get(code_hash)
            or self._taken_code.get(code_hash)
        )
        if code is not None:
            return code
        code = self._database.get(code_key(code_hash))
        if code is None:
            raise MissingCode(code_hash)
        if keccak256(code) != code_hash:
            reason = "code does not have the hash that names it"
            raise DatabaseDamaged(code_key(code_hash), reason)
        if len(self._read_code) == MAX_READ_CODES:
            self._read_code.clear()
        self._read_code[code_hash] = code
        return code

    def add_preimage(self, preimage: bytes) -> None:
        """Keep an address or a slot's key under its hash, as tries have only hashes."""
        self._new_preimages[hashed_key(preimage)] = preimage

    def get_preimage(self, digest: Hash32) -> bytes | None:
        """The address or slot key with this hash; None if unknown.

        Raises DatabaseDamaged if the entry has another hash.
        """
        found = self._new_preimages.get(digest)
        if found is None:
            found = self._database.get(preimage_key(digest))
            if found is not None and keccak256(found) != digest:
                reason = "preimage does not have the hash that names it"
                raise DatabaseDamaged(preimage_key(digest), reason)
        return found

    def take(self, code_hashes: Iterable[Hash32]) -> dict[bytes, bytes]:
        """All new nodes and preimages, and new code with these hashes, as entries."""
        code = {
            code_hash: self._new_code[code_hash]
            for code_hash in sorted(code_hashes)
            if code_hash in self._new_code
        }
        puts = {node_key(key): record for key, record in self.new_nodes.items()}
        puts |= {code_key(key): content for key, content in code.items()}
        puts |= {preimage_key(key): text for key, text in self._new_preimages.items()}
        self._taken_nodes = self.new_nodes
        self._taken_code = code
        self.new_nodes = {}
        self._new_code = {}
        self.new_code_bytes = 0
        self._new_preimages = {}
        return puts
