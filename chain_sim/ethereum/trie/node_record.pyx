# cython: nonecheck=False
"""Records: nodes with the small children that they hold, as node.pyx describes them.

The children of a packed branch are decoded on demand. A held child is checked against
its hash, with everything that it holds itself, when it is first read; its branch
remembers that. It is never cached by itself, only with its branch.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from chain_sim.ethereum.trie.node cimport (
    ALL_CHILDREN, BRANCH, CHILD_COUNT, EXTENSION, MASK_BYTES, Node, count_bits,
    held_record, packed_hash,
)
from chain_sim.ethereum.trie.node_decoder cimport (
    Item, damaged, decode_item, read_item, read_outer,
)

from chain_sim.ethereum.primitives.text import keccak256


cpdef object decode_record(bytes record, bytes node_hash):
    """The node of a record, with the children that it holds; or DatabaseDamaged."""
    cdef Item item
    cdef Node node
    read_outer(record, &item, node_hash)
    node = decode_item(&item, record, node_hash)
    if item.total_bytes < PyBytes_GET_SIZE(record):
        take_held_children(node, record, item.total_bytes, node_hash)
    return node


def own_encoding(bytes record not None):
    """The encoding at the record's start, without the children that it holds.

    Bytes that are not a list are returned unchanged.
    """
    cdef Item item
    cdef Py_ssize_t size = PyBytes_GET_SIZE(record)
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(record)
    if not read_item(data, size, &item) or not item.is_list:
        return record
    return record if item.total_bytes == size else record[: item.total_bytes]


cdef int take_held_children(
    Node node, bytes record, Py_ssize_t own_bytes, bytes node_hash
) except -1:
    """Note the children held after the node's own encoding, if all sizes fit."""
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(record)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(record)
    cdef Py_ssize_t end = own_bytes + MASK_BYTES
    cdef unsigned int mask
    cdef int index, count
    if size < end:
        raise damaged(node_hash, "has bytes after its end")
    mask = data[own_bytes] << 8 | data[own_bytes + 1]
    count = count_bits(mask)
    if not mask or size < end + count:
        raise damaged(node_hash, "has bytes after its end")
    for index in range(count):
        end += data[own_bytes + MASK_BYTES + index] + 2
    if end != size or mask & ~children_by_hash(node):
        raise damaged(node_hash, "holds children that it does not have")
    node.packed = record
    node.own_bytes = <uint32_t>own_bytes
    node.held_mask = <uint16_t>mask
    if node.kind != BRANCH or node.own_children is not None:
        replace_held_children(node)
    return 0


cdef unsigned int children_by_hash(Node node):
    """A bit for each child that the encoding names by a hash; an extension's is 0."""
    cdef unsigned int mask = 0
    cdef int index
    if node.kind == EXTENSION:
        return isinstance(node.child, bytes)
    if node.own_children is None:
        return node.packed_mask
    for index in range(CHILD_COUNT):
        if isinstance(node.own_children[index], bytes):
            mask |= 1 << index
    return mask


cdef int replace_held_children(Node node) except -1:
    """Replace the hashes of a node that isn't packed with the children."""
    cdef Py_ssize_t size
    cdef const uint8_t* start
    cdef int index
    for index in range(CHILD_COUNT):
        if not node.held_mask >> index & 1:
            continue
        start = held_record(node, index, &size)
        held = PyBytes_FromStringAndSize(<const char*>start, size)
        if node.kind == EXTENSION:
            node.child = decode_held(held, node.child, False)
        else:
            node.own_children[index] = decode_held(
                held, node.own_children[index], False
            )
    node.held_mask = 0
    return 0


cdef Node decode_held(bytes record, bytes node_hash, bint is_checked):
    """The node of a held record, checked with all that it holds unless it was before.

    Each held record is shorter than its holder, so the recursion ends.
    """
    cdef Node node = decode_record(record, node_hash)
    cdef Py_ssize_t size
    cdef const uint8_t* start
    cdef int index
    if not node.own_bytes:
        node.own_bytes = <uint32_t>PyBytes_GET_SIZE(record)
    node.packed = record
    node.node_hash = node_hash
    node.is_held = True
    if not is_checked:
        if keccak256(record[: node.own_bytes]) != node_hash:
            raise damaged(node_hash, "does not have the hash that names it")
        for index in range(CHILD_COUNT):
            if node.held_mask >> index & 1:
                start = held_record(node, index, &size)
                decode_held(
                    PyBytes_FromStringAndSize(<const char*>start, size),
                    packed_hash(node, index),
                    False,
                )
    node.checked_mask = ALL_CHILDREN
    return node


cdef object child_at(Node branch, int nibble):
    """Hash, Node or None; DatabaseDamaged if a held child does not have its hash."""
    cdef bytes node_hash
    cdef const uint8_t* start
    cdef Py_ssize_t size
    cdef Node child
    if branch.own_mask >> nibble & 1:
        return branch.own_children[nibble]
    if not branch.packed_mask >> nibble & 1:
        return None
    node_hash = packed_hash(branch, nibble)
    if not branch.held_mask >> nibble & 1:
        return node_hash
    start = held_record(branch, nibble, &size)
    child = decode_held(
        PyBytes_FromStringAndSize(<const char*>start, size),
        node_hash,
        branch.checked_mask >> nibble & 1,
    )
    branch.checked_mask |= <uint16_t>(1 << nibble)
    return child


def children_of(Node branch not None):
    """All sixteen children; see child_at."""
    return [child_at(branch, nibble) for nibble in range(CHILD_COUNT)]


def child_of(Node branch not None, int nibble):
    """One child; see child_at."""
    if not 0 <= nibble < CHILD_COUNT:
        raise IndexError(nibble)
    return child_at(branch, nibble)
