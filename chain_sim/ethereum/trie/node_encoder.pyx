# cython: nonecheck=False
"""Encoder of new nodes: RLP, hex-prefix paths, children by hash or in place; and of
their records, with small children after their parent's encoding.

The recursion is as deep as the new part of the trie, which MAX_KEY_BYTES bounds.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from chain_sim.ethereum.trie.node cimport (
    ALL_CHILDREN, BRANCH, CHILD_COUNT, EXTENSION, HASH_BYTES, LEAF, MASK_BYTES,
    Node, count_bits, held_record, new_packed_branch, packed_item, unseen,
)
from chain_sim.ethereum.trie.node_cache cimport NodeCache
from chain_sim.ethereum.trie.node_record cimport decode_record

# One byte stores a held record's size minus one.
HELD_BYTES = 256


cdef bytes hex_prefix(bytes path, bint is_leaf):
    """Hex-prefix encoding: flag nibble (2 leaf, 1 odd), padding, path."""
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
    """A hash as a string; anything shorter is a child's encoding, written unchanged."""
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
    """The encoding of a leaf (value) or an extension (reference); the other is None."""
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
    """Takes the references with a bit in own_mask, the rest from the branch."""
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


cdef bytes with_held_children(bytes encoded, Node branch, list held):
    """The record of a node: `held` with a bit in own_mask, the rest from the branch.

    An extension passes None as the branch, and its child is at 0.
    """
    cdef Py_ssize_t sizes[CHILD_COUNT]
    cdef const uint8_t* starts[CHILD_COUNT]
    cdef unsigned int own_mask = ALL_CHILDREN if branch is None else branch.own_mask
    cdef unsigned int kept_mask = 0 if branch is None else branch.held_mask & ~own_mask
    cdef unsigned int mask = 0
    cdef int index, count = 0
    cdef Py_ssize_t total = 0
    cdef bytes record
    for index in range(CHILD_COUNT):
        if kept_mask >> index & 1:
            starts[count] = held_record(branch, index, &sizes[count])
        elif own_mask >> index & 1 and held is not None and held[index] is not None:
            sizes[count] = PyBytes_GET_SIZE(<bytes>held[index])
            starts[count] = <const uint8_t*>PyBytes_AS_STRING(<bytes>held[index])
        else:
            continue
        total += 1 + sizes[count]
        mask |= 1 << index
        count += 1
    if not mask:
        return encoded
    record = PyBytes_FromStringAndSize(
        NULL, PyBytes_GET_SIZE(encoded) + MASK_BYTES + total
    )
    cdef uint8_t* target = <uint8_t*>PyBytes_AS_STRING(record)
    memcpy(target, PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded))
    target += PyBytes_GET_SIZE(encoded)
    target[0] = mask >> 8
    target[1] = mask & 0xFF
    target += MASK_BYTES
    for index in range(count):
        target[index] = <uint8_t>(sizes[index] - 1)
    target += count
    for index in range(count):
        memcpy(target, starts[index], sizes[index])
        target += sizes[index]
    return record


cdef Node decoded_branch(
    Node branch, list references, bytes record, Py_ssize_t own_bytes, bytes node_hash
):
    """What decode_record returns for a branch's record, mostly without reading it.

    Children in `own_mask` were made here; the others are checked if they were before.
    """
    cdef unsigned int present = branch.packed_mask & ~branch.own_mask
    cdef Py_ssize_t start = own_bytes - string_size(branch.value)
    cdef const uint8_t* mask
    cdef Node node
    cdef int index
    for index in range(CHILD_COUNT):
        if not branch.own_mask >> index & 1 or references[index] is None:
            continue
        if PyBytes_GET_SIZE(<bytes>references[index]) != HASH_BYTES:
            return decode_record(record, node_hash)
        present |= 1 << index
    start -= CHILD_COUNT + HASH_BYTES * count_bits(present)
    node = new_packed_branch(record, start, present, branch.value)
    node.own_bytes = <uint32_t>own_bytes
    if own_bytes < PyBytes_GET_SIZE(record):
        mask = <const uint8_t*>PyBytes_AS_STRING(record) + own_bytes
        node.held_mask = <uint16_t>(mask[0] << 8 | mask[1])
        node.checked_mask = branch.checked_mask | branch.own_mask
    return node


cdef class TreeEncoder:
    """One commit: the records encoded so far, and the cache for the nodes."""

    cdef dict new_nodes
    cdef NodeCache cache
    cdef object keccak256
    cdef Py_ssize_t held_bytes
    # The record of the last encoded node, if its parent is to hold it.
    cdef bytes held

    cdef bytes encode(self, Node node, bint is_root):
        """The node's hash, or its encoding if that is shorter than a hash.

        Keeps under the hash its record, and the node as a decoder would return it: with
        hashes for all children that have one, unless it holds them.
        """
        cdef bytes encoded
        cdef list references = None, records = None
        if node.is_held and not is_root:
            self.held = node.packed
            return node.node_hash
        if node.kind == LEAF:
            encoded = encode_short(hex_prefix(node.path, True), node.value, None)
        elif node.kind == EXTENSION:
            encoded = encode_short(
                hex_prefix(node.path, False), None, self.reference_to(node.child)
            )
            if self.held is not None:
                records = [self.held] + [None] * (CHILD_COUNT - 1)
        elif node.own_children is None:
            encoded = node.packed[: node.own_bytes]
        else:
            references = unseen(node.own_children.copy())
            records = self.make_references(references)
            encoded = encode_branch(node, references)
        if PyBytes_GET_SIZE(encoded) < HASH_BYTES and not is_root:
            self.held = None
            return encoded
        return self.keep(node, encoded, references, records, is_root)

    cdef bytes keep(
        self, Node node, bytes encoded, list references, list records, bint is_root
    ):
        """Keep the record, or have the parent hold it; returns the hash."""
        cdef bytes record = encoded
        cdef bytes node_hash = self.keccak256(encoded)
        if node.kind == BRANCH:
            record = with_held_children(encoded, node, records)
        elif records is not None:
            record = with_held_children(encoded, None, records)
        self.held = None
        if not is_root and PyBytes_GET_SIZE(record) <= self.held_bytes:
            self.held = record
            return node_hash
        self.new_nodes[node_hash] = record
        if node.kind == EXTENSION:
            node = decode_record(record, node_hash)
        elif references is not None:
            node = decoded_branch(
                node, references, record, PyBytes_GET_SIZE(encoded), node_hash
            )
        self.cache.keep(node_hash, node)
        return node_hash

    cdef list make_references(self, list children):
        """Replace children with references; returns the records to hold, or None."""
        cdef list records = None
        cdef int index
        for index in range(CHILD_COUNT):
            if children[index] is not None:
                children[index] = self.reference_to(children[index])
                if self.held is not None:
                    if records is None:
                        records = unseen([None] * CHILD_COUNT)
                    records[index] = self.held
        return records

    cdef bytes reference_to(self, object child):
        self.held = None
        return self.encode(<Node>child, False) if isinstance(child, Node) else child


def encode_tree(
    Node root not None,
    NodeCache cache not None,
    object keccak256,
    Py_ssize_t held_bytes=0,
):
    """The hash of `root`, and the records by hash of it and of every Node below it.

    Each node is encoded and hashed once, and cached for its next reader. The root has
    a hash even if its encoding is shorter than one. A record of up to `held_bytes`, at
    most HELD_BYTES, goes into its parent's; with 0, only those held before do.
    """
    cdef TreeEncoder encoder = TreeEncoder.__new__(TreeEncoder)
    encoder.new_nodes = {}
    encoder.cache = cache
    encoder.keccak256 = keccak256
    encoder.held_bytes = min(held_bytes, HELD_BYTES)
    return encoder.encode(root, True), encoder.new_nodes
