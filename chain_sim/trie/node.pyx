"""Nodes of the trie, decoded; and keys as nibbles.

A reference to a child is its hash (bytes), the child itself (Node), or None. Decoded
nodes hold a Node where the child's encoding is shorter than a hash; nodes not yet
encoded hold one wherever the child is as new as they are.

A branch whose children are all hashes is *packed*: it keeps its encoding and a bit for
each child that is there, and a child's hash is read where it stands. Sixteen hashes as
objects would take three times the memory, all over the place. A branch that is being
changed has `own_children`: those with a bit in `own_mask` stand in it, the others are
still read from the encoding.
"""

cimport cython
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t


# The garbage collector need not look: nodes lead down the trie, never in a circle.
@cython.no_gc
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

    @property
    def children(self):
        return [child_at(self, nibble) for nibble in range(CHILD_COUNT)]


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
    node.own_children = children
    node.own_mask = ALL_CHILDREN
    node.value = value
    return node


cdef Node new_packed_branch(
    bytes encoded, Py_ssize_t start, unsigned int mask, bytes value
):
    """The items begin at `start`; each is 33 bytes if its bit is set, or one."""
    cdef Node node = Node.__new__(Node)
    node.kind = BRANCH
    node.packed = encoded
    node.packed_start = start
    node.packed_mask = mask
    node.value = value
    return node


cdef Node writable_copy(Node branch):
    """The same branch, for put_child to write to."""
    cdef Node copy
    if branch.own_children is not None:
        return new_branch(branch.own_children.copy(), branch.value)
    copy = new_packed_branch(
        branch.packed, branch.packed_start, branch.packed_mask, branch.value
    )
    copy.own_children = [None] * CHILD_COUNT
    return copy


cdef object child_at(Node branch, int nibble):
    """Hash, Node or None."""
    if branch.own_mask >> nibble & 1:
        return branch.own_children[nibble]
    if not branch.packed_mask >> nibble & 1:
        return None
    return PyBytes_FromStringAndSize(
        <const char*>packed_item(branch, nibble) + 1, HASH_BYTES
    )


cdef int put_child(Node branch, int nibble, object child) except -1:
    """Only in what new_branch or writable_copy made, before anybody else has it."""
    branch.own_children[nibble] = child
    branch.own_mask |= 1 << nibble
    return 0


cdef unsigned int present_children(Node branch):
    """A bit for each child that is there."""
    cdef unsigned int present = branch.packed_mask & ~branch.own_mask
    cdef int nibble
    for nibble in range(CHILD_COUNT):
        if branch.own_mask >> nibble & 1:
            if branch.own_children[nibble] is not None:
                present |= 1 << nibble
    return present


cdef const uint8_t* packed_item(Node branch, int nibble) noexcept:
    """Where the child's item stands, header first; for CHILD_COUNT, that of the value.

    It lies inside `packed`, as the decoder counted the items when it made the mask.
    """
    cdef unsigned int before = branch.packed_mask & ((1 << nibble) - 1)
    return (
        <const uint8_t*>PyBytes_AS_STRING(branch.packed)
        + branch.packed_start
        + nibble
        + HASH_BYTES * count_bits(before)
    )


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
