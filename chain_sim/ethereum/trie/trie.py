"""A trie: a root hash, and the source of its nodes."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32, keccak256
from chain_sim.ethereum.trie.batch_update import BatchUpdate
from chain_sim.ethereum.trie.iteration import iterate_backward, iterate_forward
from chain_sim.ethereum.trie.lookup import find_value
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_encoder import encode_tree
from chain_sim.ethereum.trie.node_reader import NodeReader

KEPT_HASHES = 16_384
hashed_key = lru_cache(maxsize=KEPT_HASHES)(keccak256)
"""The hash of an address or a slot's key: the same ones come again and again."""


class Trie:
    """The trie with this root; like its nodes, it never changes.

    Tries that share a cache decode each node once, whatever their roots. Any method
    raises MissingNode if a node that it needs isn't there, and DatabaseDamaged if one
    does not decode. New nodes whose records have up to `held_bytes` are kept in the
    record of their parent, to be read with it.
    """

    def __init__(
        self,
        nodes: NodeReader,
        root: Hash32 = EMPTY_TRIE_ROOT,
        cache: NodeCache | None = None,
        held_bytes: int = 0,
    ) -> None:
        self.root = root
        self._held_bytes = held_bytes
        self._nodes = nodes
        self._cache = NodeCache() if cache is None else cache

    def get(self, key: bytes) -> bytes:
        """The value under `key`; empty if there is none."""
        if self.root == EMPTY_TRIE_ROOT:
            return b""
        return find_value(self._nodes.get, self._cache, self.root, key)

    def updated(
        self, changes: Mapping[bytes, bytes]
    ) -> tuple[Hash32, dict[Hash32, bytes]]:
        """The root after these changes, and the new records by hash.

        An empty value deletes. The old nodes stay valid: both roots can be read as long
        as their nodes are not deleted.
        """
        if not changes:
            return self.root, {}
        old_root = None if self.root == EMPTY_TRIE_ROOT else self.root
        walk = BatchUpdate(self._nodes.get, self._cache, sorted(changes.items()))
        new_root = walk.run(old_root)
        if new_root is None:
            return EMPTY_TRIE_ROOT, {}
        if not isinstance(new_root, Node):
            return self.root, {}
        return encode_tree(new_root, self._cache, keccak256, self._held_bytes)

    def items(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys not below `start`, and values, in order of the keys."""
        return iterate_forward(self._nodes, self.root, start)

    def next_key(self, key: bytes) -> bytes | None:
        """The smallest key above `key`, which need not be in the trie itself."""
        return next((found for found, _ in self.items(key) if found != key), None)

    def previous_key(self, key: bytes) -> bytes | None:
        """The greatest key below `key`, which need not be in the trie itself."""
        items = iterate_backward(self._nodes, self.root, key)
        return next((found for found, _ in items if found != key), None)


class SecureTrie:
    """A trie that hashes its keys, so that nobody can choose keys with deep paths.

    The original keys cannot be read back from it.
    """

    def __init__(
        self,
        nodes: NodeReader,
        root: Hash32 = EMPTY_TRIE_ROOT,
        cache: NodeCache | None = None,
        held_bytes: int = 0,
    ) -> None:
        self.hashed = Trie(nodes, root, cache, held_bytes)
        """The same trie with the hashes as keys, for iteration."""

    @property
    def root(self) -> Hash32:
        """Hash of the root node."""
        return self.hashed.root

    def get(self, key: bytes) -> bytes:
        """See Trie.get."""
        return self.hashed.get(hashed_key(key))

    def updated(
        self, changes: Mapping[bytes, bytes]
    ) -> tuple[Hash32, dict[Hash32, bytes]]:
        """See Trie.updated."""
        return self.hashed.updated(
            {hashed_key(key): value for key, value in changes.items()}
        )


def trie_root(entries: Mapping[bytes, bytes]) -> Hash32:
    """The root of the trie with exactly these entries; nothing is stored."""
    root, _ = Trie({}).updated(entries)
    return root
