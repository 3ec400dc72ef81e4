from libc.stdint cimport uint8_t

cdef enum:
    LEAF = 0
    EXTENSION = 1
    BRANCH = 2
    CHILD_COUNT = 16
    HASH_BYTES = 32


cdef class Node:
    cdef readonly int kind
    cdef readonly bytes path
    cdef readonly bytes value
    cdef readonly object child
    cdef readonly list children


cdef Node new_leaf(bytes path, bytes value)
cdef Node new_extension(bytes path, object child)
cdef Node new_branch(list children, bytes value)
cdef bytes nibbles_between(const uint8_t* key, Py_ssize_t start, Py_ssize_t end)


cdef inline int nibble_at(const uint8_t* key, Py_ssize_t index) noexcept nogil:
    """Nibble at `index`, the upper one of each byte first."""
    if index & 1:
        return key[index >> 1] & 0x0F
    return key[index >> 1] >> 4
