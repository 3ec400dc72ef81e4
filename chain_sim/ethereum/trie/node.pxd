from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef extern from *:
    int count_bits "__builtin_popcount" (unsigned int bits) noexcept nogil

cdef extern from "Python.h":
    void PyObject_GC_UnTrack(void*)

cdef enum:
    LEAF = 0
    EXTENSION = 1
    BRANCH = 2
    CHILD_COUNT = 16
    HASH_BYTES = 32
    ALL_CHILDREN = 0xFFFF
    MASK_BYTES = 2


cdef class Node:
    cdef readonly bytes path
    cdef readonly bytes value
    cdef readonly object child
    cdef list own_children
    cdef bytes packed
    # Known for held nodes and for those in a cache.
    cdef bytes node_hash
    # Size of the node's own encoding at the start of `packed`; held children follow.
    cdef uint32_t own_bytes
    cdef uint16_t own_mask
    cdef uint16_t packed_mask
    cdef uint16_t held_mask
    # Held children whose hashes were checked.
    cdef uint16_t checked_mask
    cdef readonly uint8_t kind
    cdef uint8_t packed_start
    cdef uint8_t chances
    cdef bint is_held


cdef Node new_leaf(bytes path, bytes value)
cdef Node new_extension(bytes path, object child)
cdef Node new_branch(list children, bytes value)
cdef Node new_packed_branch(
    bytes record, Py_ssize_t start, unsigned int mask, bytes value
)
cdef Node writable_copy(Node branch)
cdef bytes packed_hash(Node branch, int nibble)
cdef int put_child(Node branch, int nibble, object child) except -1
cdef unsigned int present_children(Node branch)
cdef const uint8_t* packed_item(Node branch, int nibble) noexcept
cdef const uint8_t* held_record(Node branch, int nibble, Py_ssize_t* size) noexcept
cdef bytes nibbles_between(const uint8_t* key, Py_ssize_t start, Py_ssize_t end)


cdef inline list unseen(list children):
    """The same list, untracked by the garbage collector, as nodes are."""
    PyObject_GC_UnTrack(<void*>children)
    return children


cdef inline int nibble_at(const uint8_t* key, Py_ssize_t index) noexcept nogil:
    """Nibble at `index`, the upper one of each byte first."""
    if index & 1:
        return key[index >> 1] & 0x0F
    return key[index >> 1] >> 4
