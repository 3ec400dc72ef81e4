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

from chain_sim.trie.node cimport CHILD_COUNT, EXTENSION, HASH_BYTES, LEAF, Node


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


cdef bytes encode_branch(list references, bytes value):
    cdef Py_ssize_t size = string_size(value)
    cdef object reference
    for reference in references:
        size += reference_size(<bytes>reference)
    cdef bytes encoded = PyBytes_FromStringAndSize(NULL, header_size(size) + size)
    cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(encoded)
    target = write_header(target, size, 0xC0)
    for reference in references:
        target = write_reference(target, <bytes>reference)
    write_string(target, value)
    return encoded


cdef bytes encode(Node node, dict new_nodes, object keccak256):
    cdef list references
    cdef int index
    cdef object child
    if node.kind == LEAF:
        return encode_short(hex_prefix(node.path, True), node.value, None)
    if node.kind == EXTENSION:
        return encode_short(
            hex_prefix(node.path, False),
            None,
            reference_to(node.child, new_nodes, keccak256),
        )
    references = node.children.copy()
    for index in range(CHILD_COUNT):
        child = references[index]
        if isinstance(child, Node):
            references[index] = reference_to(child, new_nodes, keccak256)
    return encode_branch(references, node.value)


cdef bytes reference_to(object child, dict new_nodes, object keccak256):
    if not isinstance(child, Node):
        return child
    cdef bytes encoded = encode(<Node>child, new_nodes, keccak256)
    if PyBytes_GET_SIZE(encoded) < HASH_BYTES:
        return encoded
    cdef bytes node_hash = keccak256(encoded)
    new_nodes[node_hash] = encoded
    return node_hash


def encode_tree(Node root not None, object keccak256):
    """Hash of `root`, and the encodings by hash of it and of every Node below it.

    Each node is encoded and hashed once. The root has a hash even where its encoding
    is shorter than one.
    """
    cdef dict new_nodes = {}
    cdef bytes encoded = encode(root, new_nodes, keccak256)
    cdef bytes root_hash = keccak256(encoded)
    new_nodes[root_hash] = encoded
    return root_hash, new_nodes
