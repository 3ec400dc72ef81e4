# cython: nonecheck=False
"""Lookup of one key."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t

from chain_sim.ethereum.trie.node cimport (
    BRANCH, LEAF, Node, nibble_at, nibbles_between,
)
from chain_sim.ethereum.trie.node_cache cimport NodeCache
from chain_sim.ethereum.trie.node_record cimport child_at

from chain_sim.ethereum.trie.missing import MissingNode


def find_value(
    object get_node, NodeCache cache not None, bytes root not None, bytes key not None
):
    """The value under `key` in the trie whose root node has the hash; b"" if none."""
    cdef const uint8_t* nibbles = <const uint8_t*>PyBytes_AS_STRING(key)
    cdef Py_ssize_t nibble_count = 2 * PyBytes_GET_SIZE(key)
    cdef Py_ssize_t depth = 0, shared
    cdef object reference = root
    cdef Node node
    while reference is not None:
        if isinstance(reference, Node):
            node = <Node>reference
        else:
            node = cache.read(get_node, <bytes>reference)
            if node is None:
                raise MissingNode(reference, nibbles_between(nibbles, 0, depth))
        if node.kind == BRANCH:
            if depth == nibble_count:
                return node.value
            reference = child_at(node, nibble_at(nibbles, depth))
            depth += 1
            continue
        shared = PyBytes_GET_SIZE(node.path)
        if not is_on_way(node.path, nibbles, depth, nibble_count):
            return b""
        depth += shared
        if node.kind == LEAF:
            return node.value if depth == nibble_count else b""
        reference = node.child
    return b""


cdef bint is_on_way(
    bytes path, const uint8_t* nibbles, Py_ssize_t depth, Py_ssize_t nibble_count
) noexcept:
    """Whether the key continues, from `depth`, with the whole path."""
    cdef const uint8_t* wanted = <const uint8_t*>PyBytes_AS_STRING(path)
    cdef Py_ssize_t count = PyBytes_GET_SIZE(path)
    cdef Py_ssize_t index
    if count > nibble_count - depth:
        return False
    for index in range(count):
        if wanted[index] != nibble_at(nibbles, depth + index):
            return False
    return True
