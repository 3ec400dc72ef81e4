# cython: nonecheck=False
"""A bounded cache of decoded nodes by hash; those near a root stay longest.

The nodes are in a ring. When room is needed, the node whose turn it is leaves if it has
no chance left; otherwise it loses one, and its turn comes again after all the others. A
use restores a node's chances: one, plus one for each child that has its own record.
So a branch high up in a large trie, which is on the path of every other key, outlasts
the thousands of records at the bottom that are read between two uses of it. A node that
an update has replaced has no chance. Nodes never change, so none becomes stale.
"""

from collections import deque

from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t

from chain_sim.ethereum.trie.node cimport (
    BRANCH, EXTENSION, HASH_BYTES, Node, count_bits,
)
from chain_sim.ethereum.trie.node_record cimport decode_record

CACHE_BYTES = 128 * 1024 * 1024

# CPython 3.11's sizes, rounded up; a test compares them with tracemalloc.
cdef enum:
    ENTRY_BYTES = 320  # the node, its key, its places in the dict and the ring
    BYTES_OBJECT_BYTES = 48
    CHILDREN_BYTES = 192


cdef class NodeCache:
    """Decoded nodes that together take at most about `limit_bytes`."""

    def __cinit__(self, Py_ssize_t limit_bytes=CACHE_BYTES):
        if limit_bytes < 0:
            raise ValueError(f"a cache of {limit_bytes} bytes")
        self.limit_bytes = limit_bytes
        self.nodes = {}
        self.ring = deque()

    def __len__(self):
        """The number of nodes kept; held children are a part of them."""
        return len(self.nodes)

    def clear(self):
        """Forget all nodes; call it after nodes were deleted from the database.

        A node may have two records, of which only one holds a certain child.
        """
        self.nodes.clear()
        self.ring.clear()
        self.size_bytes = 0

    cdef Node read(self, object get_record, bytes node_hash):
        """The node, decoded now or earlier; None if get_record returns None."""
        cdef Node node
        cdef PyObject* found = PyDict_GetItem(self.nodes, node_hash)
        if found is not NULL:
            node = <Node>found
            node.chances = most_chances(node)
            return node
        record = get_record(node_hash)
        if record is None:
            return None
        node = decode_record(record, node_hash)
        self.keep(node_hash, node)
        return node

    cdef int keep(self, bytes node_hash, Node node) except -1:
        """Keep a node as decode_record returns it; it is not written to any more."""
        if node_hash in self.nodes:
            return 0
        node.node_hash = node_hash
        node.chances = most_chances(node)
        self.nodes[node_hash] = node
        self.ring.append(node)
        self.size_bytes += ENTRY_BYTES + weight(node)
        if self.size_bytes > self.limit_bytes:
            self.make_room()
        return 0

    cdef int make_room(self) except -1:
        cdef Node node
        while self.size_bytes > self.limit_bytes:
            node = <Node>self.ring.popleft()
            if node.chances:
                node.chances -= 1
                self.ring.append(node)
            else:
                del self.nodes[node.node_hash]
                self.size_bytes -= ENTRY_BYTES + weight(node)


cdef uint8_t most_chances(Node node) noexcept:
    cdef unsigned int apart = node.packed_mask & ~node.held_mask
    return <uint8_t>(1 + count_bits(apart))


cdef Py_ssize_t weight(Node node):
    """The memory of the node's parts; recursion ends at children that are hashes."""
    cdef Py_ssize_t total = 0
    cdef object child
    if node.packed is not None:
        total += BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.packed)
    if node.value:
        total += BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.value)
    if node.kind != BRANCH:
        total += BYTES_OBJECT_BYTES + PyBytes_GET_SIZE(node.path)
    if node.kind == EXTENSION:
        total += reference_weight(node.child)
    if node.own_children is not None:
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
