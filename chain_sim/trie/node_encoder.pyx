"""The bytes of new nodes: RLP, hex-prefix paths, children by hash or in place.

The recursion is as deep as the new part of the trie, which MAX_KEY_BYTES bounds.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from chain_sim.trie.node cimport (
    CHILD_COUNT,
    EXTENSION,
    HASH_BYTES,
    LEAF,
    Node,
    count_bits,
    new_packed_branch,
    packed_item,
)
from chain_sim.trie.node_cache cimport NodeCache
from chain_sim.trie.node_decoder cimport decode_node


cdef bytes hex_prefix(bytes path, bint is_leaf):
    """Hex-prefix encoding: flag nibble (2 leaf, 1 odd), padding, the path."""
    cdef Py_ssize_t count = PyBytes_GET_SIZE(path)
    cdef const uint8_t* nibbles = <const uint8_t*>PyBytes_AS_STRING(path)
    cdef bytes packed = PyBytes_FromStringAndSize(NULL, 1 + count // 2)
    cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(packed)
    cdef Py_ssize_t start = count & 1
    cdef Py_ssize_t index
    target[0] = 0x20 if is_leaf else 0
    if start:
        target[0] |= 0x10 | nibbles[0]
    for index in range(count // 2):
        target[1 + index] = (
            nibbles[start + 2 * index] << 4 | nibbles[start + 2 * index + 1]
        )
    return packed


cdef int header_size(Py_ssize_t length) noexcept nogil:
    cdef int size = 1
    if length > 55:
        while length:
            size += 1
            length >>= 8
    return size


cdef uint8_t* write_header(
    uint8_t* target, Py_ssize_t length, uint8_t base
) noexcept nogil:
    """Write the header of an item: base 0x80 for a string, 0xC0 for a list."""
    cdef int length_bytes, index
    if length <= 55:
        target[0] = <uint8_t>(base + length)
        return target + 1
    length_bytes = header_size(length) - 1
    target[0] = <uint8_t>(base + 55 + length_bytes)
    for index in range(length_bytes):
        target[length_bytes - index] = <uint8_t>(length >> 8 * index)
    return target + 1 + length_bytes


cdef Py_ssize_t string_size(bytes data):
    cdef Py_ssize_t length = PyBytes_GET_SIZE(data)
    if length == 1 and <uint8_t>PyBytes_AS_STRING(data)[0] < 0x80:
        return 1
    return header_size(length) + length


cdef uint8_t* write_string(uint8_t* target, bytes data):
    cdef Py_ssize_t length = PyBytes_GET_SIZE(data)
    cdef uint8_t* content = <uint8_t*>PyBytes_AS_STRING(data)
    if length != 1 or content[0] >= 0x80:
        target = write_header(target, length, 0x80)
    memcpy(target, content, length)
    return target + length


cdef Py_ssize_t reference_size(bytes reference):
    if reference is None:
        return 1
    cdef Py_ssize_t length = PyBytes_GET_SIZE(reference)
    return length + 1 if length == HASH_BYTES else length


cdef uint8_t* write_reference(uint8_t* target, bytes reference):
    """A hash as a string; anything shorter is the encoding of a child, as it stands."""
    if reference is None:
        target[0] = 0x80
        return target + 1
    cdef Py_ssize_t length = PyBytes_GET_SIZE(reference)
    if length == HASH_BYTES:
        target[0] = 0x80 + HASH_BYTES
        target += 1
    memcpy(target, PyBytes_AS_STRING(reference), length)
    return target + length


cdef bytes encode_short(bytes packed_path, bytes value, bytes reference):
    """Of a leaf (value) or an extension (reference); the other one is None."""
    cdef Py_ssize_t size = string_size(packed_path)
    size += string_size(value) if reference is None else reference_size(reference)
    cdef bytes encoded = PyBytes_FromStringAndSize(NULL, header_size(size) + size)
    cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(encoded)
    target = write_header(target, size, 0xC0)
    target = write_string(target, packed_path)
    if reference is None:
        write_string(target, value)
    else:
        write_reference(target, reference)
    return encoded


cdef bytes encode_branch(Node branch, list references):
    """Of references those in own_mask are taken, the rest as the branch has it."""
    cdef unsigned int packed = branch.packed_mask & ~branch.own_mask
    cdef Py_ssize_t size = string_size(branch.value) + HASH_BYTES * count_bits(packed)
    cdef int index, first
    for index in range(CHILD_COUNT):
        if branch.own_mask >> index & 1:
            size += reference_size(<bytes>references[index])
        else:
            size += 1
    cdef bytes encoded = PyBytes_FromStringAndSize(NULL, header_size(size) + size)
    cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(encoded)
    target = write_header(target, size, 0xC0)
    index = 0
    while index < CHILD_COUNT:
        first = index
        while index < CHILD_COUNT and not branch.own_mask >> index & 1:
            index += 1
        if index > first:
            target = copy_items(target, branch, first, index)
        if index < CHILD_COUNT:
            target = write_reference(target, <bytes>references[index])
            index += 1
    write_string(target, branch.value)
    return encoded


cdef uint8_t* copy_items(uint8_t* target, Node branch, int first, int end):
    cdef const uint8_t* start = packed_item(branch, first)
    cdef Py_ssize_t count = packed_item(branch, end) - start
    memcpy(target, start, count)
    return target + count


cdef Node decoded_branch(Node branch, list references, bytes encoded, bytes node_hash):
    """What decode_node gives for a branch's encoding, mostly without reading it."""
    cdef unsigned int present = branch.packed_mask & ~branch.own_mask
    cdef Py_ssize_t start = PyBytes_GET_SIZE(encoded) - string_size(branch.value)
    cdef int index
    for index in range(CHILD_COUNT):
        if not branch.own_mask >> index & 1 or references[index] is None:
            continue
        if PyBytes_GET_SIZE(<bytes>references[index]) != HASH_BYTES:
            return decode_node(encoded, node_hash)
        present |= 1 << index
    start -= CHILD_COUNT + HASH_BYTES * count_bits(present)
    return new_packed_branch(encoded, start, present, branch.value)


cdef class TreeEncoder:
    """One commit: what it has encoded so far, and where the nodes go."""

    cdef dict new_nodes
    cdef NodeCache cache
    cdef object keccak256

    cdef bytes encode(self, Node node, bint is_root):
        """The node's hash; or its encoding, where that is shorter than a hash.

        Under its hash its encoding is kept, and the node as a decoder would see it:
        with hashes for all children that have one.
        """
        cdef bytes encoded, node_hash
        cdef list references = None
        if node.kind == LEAF:
            encoded = encode_short(hex_prefix(node.path, True), node.value, None)
        elif node.kind == EXTENSION:
            encoded = encode_short(
                hex_prefix(node.path, False), None, self.reference_to(node.child)
            )
        elif node.own_children is None:
            encoded = node.packed
        else:
            references = self.references_of(node)
            encoded = encode_branch(node, references)
        if PyBytes_GET_SIZE(encoded) < HASH_BYTES and not is_root:
            return encoded
        node_hash = self.keccak256(encoded)
        self.new_nodes[node_hash] = encoded
        if node.kind == EXTENSION:
            node = decode_node(encoded, node_hash)
        elif references is not None:
            node = decoded_branch(node, references, encoded, node_hash)
        self.cache.keep(node_hash, node)
        return node_hash

    cdef list references_of(self, Node branch):
        cdef list references = branch.own_children.copy()
        cdef int index
        for index in range(CHILD_COUNT):
            if references[index] is not None:
                references[index] = self.reference_to(references[index])
        return references

    cdef bytes reference_to(self, object child):
        return self.encode(<Node>child, False) if isinstance(child, Node) else child


def encode_tree(Node root not None, NodeCache cache not None, object keccak256):
    """Hash of `root`, and the encodings by hash of it and of every Node below it.

    Each node is encoded and hashed once, and kept in the cache for its next reader.
    The root has a hash even where its encoding is shorter than one.
    """
    cdef TreeEncoder encoder = TreeEncoder.__new__(TreeEncoder)
    encoder.new_nodes = {}
    encoder.cache = cache
    encoder.keccak256 = keccak256
    return encoder.encode(root, True), encoder.new_nodes
