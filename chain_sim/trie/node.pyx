"""Nodes of the trie, decoded; and keys as nibbles.

A reference to a child is its hash (bytes), the child itself (Node), or None. Decoded
nodes hold a Node where the child's encoding is shorter than a hash; nodes not yet
encoded hold one wherever the child is as new as they are.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t


cdef class Node:
    """A leaf (path, value), an extension (path, child) or a branch (children, value).

    Paths are nibbles, one in a byte; a branch without a value has an empty one.
    """

    @property
    def is_leaf(self):
        return self.kind == LEAF

    @property
    def is_branch(self):
        return self.kind == BRANCH


cdef Node new_leaf(bytes path, bytes value):
    cdef Node node = Node.__new__(Node)
    node.kind = LEAF
    node.path = path
    node.value = value
    return node


cdef Node new_extension(bytes path, object child):
    cdef Node node = Node.__new__(Node)
    node.kind = EXTENSION
    node.path = path
    node.child = child
    return node


cdef Node new_branch(list children, bytes value):
    cdef Node node = Node.__new__(Node)
    node.kind = BRANCH
    node.children = children
    node.value = value
    return node


cdef bytes nibbles_between(const uint8_t* key, Py_ssize_t start, Py_ssize_t end):
    cdef bytes nibbles = PyBytes_FromStringAndSize(NULL, end - start)
    cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(nibbles)
    cdef Py_ssize_t index
    for index in range(end - start):
        target[index] = nibble_at(key, start + index)
    return nibbles


def bytes_to_nibbles(bytes key not None):
    """Two nibbles for each byte, the upper one first."""
    return nibbles_between(
        <const uint8_t*>PyBytes_AS_STRING(key), 0, 2 * PyBytes_GET_SIZE(key)
    )
