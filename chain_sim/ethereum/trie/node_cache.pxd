from chain_sim.ethereum.trie.node cimport Node


cdef class NodeCache:
    cdef readonly Py_ssize_t limit_bytes
    cdef readonly Py_ssize_t size_bytes
    cdef dict nodes
    cdef object ring
    cdef Node read(self, object get_record, bytes node_hash)
    cdef int keep(self, bytes node_hash, Node node) except -1
    cdef int make_room(self) except -1
