# cython: nonecheck=False
"""Decoded nodes of the trie, and keys as nibbles.

A reference to a child is its hash (bytes), the child itself (Node), or None. Decoded
nodes hold a Node where the child's encoding is shorter than a hash; nodes not yet
encoded hold one wherever the child is not yet encoded either.

A branch whose children are all hashes is *packed*: it keeps its encoding and a bit for
each child that is there, and a child's hash is read in place. Sixteen hashes as objects
would take three times the memory, scattered over the heap. A branch that is being
changed has `own_children`: children with a bit in `own_mask` are in that list, the
others are still read from the encoding.

A node is stored as a *record*: its encoding, followed by the records of the small
children that it *holds*, so that these need no entry of their own: a mask of two bytes
with a bit for each held child (the lowest for nibble 0), a byte for each with its
record's size minus one, then the records. A held child has a hash like any other, and
its parent's encoding refers to it by that hash; only its location is different.
"""

cimport cython
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from contractvm.closed_class cimport close_class


# Not tracked by the garbage collector: nodes refer down the trie, never in a cycle.
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
    def held_encoding(self):
        return self.packed[: self.own_bytes] if self.is_held else None

    @property
    def held_hash(self):
        return self.node_hash if self.is_held else None


close_class(Node)


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
    bytes record, Py_ssize_t start, unsigned int mask, bytes value
):
    """The items begin at `start`; each is 33 bytes if its bit is set, or one.

    The whole record is the branch's own encoding, unless the caller changes that.
    """
    cdef Node node = Node.__new__(Node)
    node.kind = BRANCH
    node.packed = record
    node.own_bytes = <uint32_t>PyBytes_GET_SIZE(record)
    node.packed_start = <uint8_t>start
    node.packed_mask = <uint16_t>mask
    node.value = value
    return node


cdef Node writable_copy(Node branch):
    """The same branch, for put_child to write to."""
    cdef Node copy
    if branch.own_children is not None:
        return new_branch(unseen(branch.own_children.copy()), branch.value)
    copy = new_packed_branch(
        branch.packed, branch.packed_start, branch.packed_mask, branch.value
    )
    copy.own_bytes = branch.own_bytes
    copy.held_mask = branch.held_mask
    copy.checked_mask = branch.checked_mask
    copy.own_children = unseen([None] * CHILD_COUNT)
    return copy


cdef bytes packed_hash(Node branch, int nibble):
    """The child's hash, which must have its bit in `packed_mask`."""
    return PyBytes_FromStringAndSize(
        <const char*>packed_item(branch, nibble) + 1, HASH_BYTES
    )


cdef int put_child(Node branch, int nibble, object child) except -1:
    """Only for results of new_branch or writable_copy not yet referred to elsewhere."""
    branch.own_children[nibble] = child
    branch.own_mask |= <uint16_t>(1 << nibble)
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
    """The offset of the child's item and its header; of the value for CHILD_COUNT.

    It is inside `packed`, as the decoder counted the items when it made the mask.
    """
    cdef unsigned int before = branch.packed_mask & ((1 << nibble) - 1)
    return (
        <const uint8_t*>PyBytes_AS_STRING(branch.packed)
        + branch.packed_start
        + nibble
        + HASH_BYTES * count_bits(before)
    )


cdef const uint8_t* held_record(Node branch, int nibble, Py_ssize_t* size) noexcept:
    """The offset and size of the record of a child with a bit in `held_mask`.

    It is inside `packed`, as the decoder added up the sizes when it made the mask.
    """
    cdef const uint8_t* sizes = (
        <const uint8_t*>PyBytes_AS_STRING(branch.packed) + branch.own_bytes + MASK_BYTES
    )
    cdef int before = count_bits(branch.held_mask & ((1 << nibble) - 1))
    cdef Py_ssize_t offset = count_bits(branch.held_mask)
    cdef int index
    for index in range(before):
        offset += sizes[index] + 1
    size[0] = sizes[before] + 1
    return sizes + offset


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
