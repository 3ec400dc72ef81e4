from chain_sim.trie.node cimport Node


cdef class NodeCache:
    cdef readonly Py_ssize_t limit_bytes
    cdef Py_ssize_t young_bytes
    cdef Py_ssize_t old_bytes
    cdef dict young
    cdef dict old
    cdef Node read(self, object get_encoded, bytes node_hash)
    cdef int keep(self, bytes node_hash, Node node) except -1
