from libc.stdint cimport uint8_t

from chain_sim.ethereum.trie.node cimport Node


# One item of RLP: `payload_bytes` at `payload`, `total_bytes` with its header.
cdef struct Item:
    const uint8_t* payload
    Py_ssize_t payload_bytes
    Py_ssize_t total_bytes
    bint is_list


cdef bint read_item(const uint8_t* data, Py_ssize_t size, Item* item) noexcept nogil
cdef object damaged(bytes node_hash, str reason)
cpdef object decode_node(bytes encoded, bytes node_hash)
cdef int read_outer(bytes encoded, Item* item, bytes node_hash) except -1
cdef Node decode_item(Item* item, bytes record, bytes node_hash)
