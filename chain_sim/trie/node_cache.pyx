"""Decoded nodes by their hashes, up to a bound: what was used last stays longest.

There are two halves. What is used goes to the young one; when that is full it becomes
the old one, and what was left in the old one goes. So a node that is used again stays,
no use costs more than moving one entry, and nothing is ever searched or sorted. As a
node never changes, what is kept never grows stale.
"""

from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject

from chain_sim.trie.node cimport EXTENSION, HASH_BYTES, LEAF, Node
from chain_sim.trie.node_decoder cimport decode_node

CACHE_BYTES = 64 * 1024 * 1024

# What CPython 3.11 takes, rounded up; a test holds it against tracemalloc.
cdef enum:
    ENTRY_BYTES = 240  # the node, its key and its place in the dict
    BYTES_OBJECT_BYTES = 48
    CHILDREN_BYTES = 192


cdef class NodeCache:
    """Decoded nodes that together take at most about `limit_bytes`."""

    def __init__(self, Py_ssize_t limit_bytes=CACHE_BYTES):
        self.limit_bytes = limit_bytes
        self.young = {}
        self.old = {}

    @property
    def size_bytes(self):
        """What the nodes take, estimated from their shapes."""
        return self.young_bytes + self.old_bytes

    def __len__(self):
        """How many nodes are kept; those that were moved count twice."""
        return len(self.young) + len(self.old)

    cdef Node read(self, object get_encoded, bytes node_hash):
        """The node, decoded now or earlier; None where get_encoded has none."""
        cdef Node node
        cdef PyObject* found = PyDict_GetItem(self.young, node_hash)
        if found is not NULL:
            return <Node>found
        found = PyDict_GetItem(self.old, node_hash)
        if found is not NULL:
            node = <Node>found
        else:
            encoded = get_encoded(node_hash)
            if encoded is None:
                return None
            node = decode_node(encoded, node_hash)
        self.keep(node_hash, node)
        return node

    cdef int keep(self, bytes node_hash, Node node) except -1:
        """Keep a node as decode_node makes it: nobody writes to it any more."""
        self.young[node_hash] = node
        self.young_bytes += weight(node) + ENTRY_BYTES
        if 2 * self.young_bytes > self.limit_bytes:
            self.old = self.young
            self.old_bytes = self.young_bytes
            self.young = {}
            self.young_bytes = 0
        return 0


cdef Py_ssize_t weight(Node node):
    """What the node's parts take; recursion ends at the children held by hash."""
    cdef Py_ssize_t total = 0
    cdef object child
    if node.kind == EXTENSION:
        total += BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.path)
        return total + reference_weight(node.child)
    if node.value:
        total += BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.value)
    if node.kind == LEAF:
        return total + BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.path)
    if node.own_children is None:
        return total + BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.packed)
    total += CHILDREN_BYTES
    for child in node.own_children:
        total += reference_weight(child)
    return total


cdef Py_ssize_t reference_weight(object child):
    if child is None:
        return 0
    if isinstance(child, Node):
        return ENTRY_BYTES + weight(<Node>child)
    return BYTES_OBJECT_BYTES + HASH_BYTES
