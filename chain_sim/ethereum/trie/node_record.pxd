from chain_sim.ethereum.trie.node cimport Node


cpdef object decode_record(bytes record, bytes node_hash)
cdef object child_at(Node branch, int nibble)
