from libc.stdint cimport uint8_t

cdef extern from *:
    int count_bits "__builtin_popcount" (unsigned int bits) noexcept nogil

cdef enum:
    LEAF = 0
    EXTENSION = 1
    BRANCH = 2
    CHILD_COUNT = 16
    HASH_BYTES = 32
    ALL_CHILDREN = 0xFFFF


cdef class Node:
    cdef readonly int kind
    cdef readonly bytes path
    cdef readonly bytes value
    cdef readonly object child
    cdef list own_children
    cdef unsigned int own_mask
    cdef bytes packed
    cdef Py_ssize_t packed_start
    cdef unsigned int packed_mask


cdef Node new_leaf(bytes path, bytes value)
cdef Node new_extension(bytes path, object child)
cdef Node new_branch(list children, bytes value)
cdef Node new_packed_branch(
    bytes encoded, Py_ssize_t start, unsigned int mask, bytes value
)
cdef Node writable_copy(Node branch)
cdef object child_at(Node branch, int nibble)
cdef int put_child(Node branch, int nibble, object child) except -1
cdef unsigned int present_children(Node branch)
cdef const uint8_t* packed_item(Node branch, int nibble) noexcept
cdef bytes nibbles_between(const uint8_t* key, Py_ssize_t start, Py_ssize_t end)


cdef inline int nibble_at(const uint8_t* key, Py_ssize_t index) noexcept nogil:
    """Nibble at `index`, the upper one of each byte first."""
    if index & 1:
        return key[index >> 1] & 0x0F
    return key[index >> 1] >> 4
