# cython: nonecheck=False
"""Decoder of trie nodes: RLP of two or seventeen items.

No byte is read at or after an item's end: each length in the data is compared with the
bytes that are left before it is used.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t

from chain_sim.ethereum.trie.node cimport (
    CHILD_COUNT, HASH_BYTES, Node, new_branch, new_extension, new_leaf,
    new_packed_branch, nibbles_between,
)

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.database_keys import NODE


cdef bint read_item(const uint8_t* data, Py_ssize_t size, Item* item) noexcept nogil:
    """Read the item at `data`; False unless it is whole and in its shortest form."""
    cdef Py_ssize_t header_bytes, length = 0, index
    cdef int length_bytes
    cdef uint8_t first
    if size < 1:
        return False
    first = data[0]
    item.is_list = first >= 0xC0
    if first < 0x80:
        item.payload = data
        item.payload_bytes = item.total_bytes = 1
        return True
    first = first & 0x3F
    if first <= 55:
        length = first
        header_bytes = 1
    else:
        length_bytes = first - 55
        header_bytes = 1 + length_bytes
        # Four bytes of length are 4 GiB, and cannot overflow the sum.
        if length_bytes > 4 or size < header_bytes or data[1] == 0:
            return False
        for index in range(length_bytes):
            length = length << 8 | data[1 + index]
        if length <= 55:
            return False
    if length > size - header_bytes:
        return False
    if length == 1 and not item.is_list and data[header_bytes] < 0x80:
        return False
    item.payload = data + header_bytes
    item.payload_bytes = length
    item.total_bytes = header_bytes + length
    return True


cdef bytes payload(Item* item):
    return PyBytes_FromStringAndSize(<const char*>item.payload, item.payload_bytes)


cdef object damaged(bytes node_hash, str reason):
    return DatabaseDamaged(NODE + node_hash, f"trie node {reason}")


cpdef object decode_node(bytes encoded, bytes node_hash):
    """The node with this encoding; DatabaseDamaged if it isn't the canonical one."""
    cdef Item item
    read_outer(encoded, &item, node_hash)
    if item.total_bytes != PyBytes_GET_SIZE(encoded):
        raise damaged(node_hash, "has bytes after its end")
    return decode_item(&item, encoded, node_hash)


cdef int read_outer(bytes encoded, Item* item, bytes node_hash) except -1:
    cdef const uint8_t* data
    if encoded is None or node_hash is None:
        raise TypeError("a trie node and its hash are bytes")
    data = <const uint8_t*>PyBytes_AS_STRING(encoded)
    item.total_bytes = 0
    if not read_item(data, PyBytes_GET_SIZE(encoded), item):
        raise damaged(node_hash, "is not RLP")
    return 0


cdef Node decode_item(Item* item, bytes record, bytes node_hash):
    """Decode the start of a record, or a child inside its parent (no `record`).

    Recursion is bounded: a child inside its parent has less than 32 bytes.
    """
    cdef Item parts[CHILD_COUNT + 1]
    cdef Py_ssize_t left = item.payload_bytes
    cdef const uint8_t* position = item.payload
    cdef int count = 0
    if not item.is_list:
        raise damaged(node_hash, "is not a list")
    while left > 0:
        if count > CHILD_COUNT:
            raise damaged(node_hash, "has more than 17 items")
        if not read_item(position, left, &parts[count]):
            raise damaged(node_hash, f"item {count} is not RLP")
        position += parts[count].total_bytes
        left -= parts[count].total_bytes
        count += 1
    if count == 2:
        return decode_short(parts, node_hash)
    if count == CHILD_COUNT + 1:
        return decode_branch(
            parts, record, item.total_bytes - item.payload_bytes, node_hash
        )
    raise damaged(node_hash, f"has {count} items")


cdef Node decode_short(Item* parts, bytes node_hash):
    cdef const uint8_t* packed = parts[0].payload
    cdef Py_ssize_t size = parts[0].payload_bytes
    cdef int flags
    cdef bytes path
    cdef object child
    if parts[0].is_list or size < 1:
        raise damaged(node_hash, "has no path")
    flags = packed[0] >> 4
    if flags > 3 or (not flags & 1 and packed[0] & 0x0F):
        raise damaged(node_hash, "has a path with wrong flags")
    path = nibbles_between(packed, 1 if flags & 1 else 2, 2 * size)
    if flags & 2:
        if parts[1].is_list or parts[1].payload_bytes == 0:
            raise damaged(node_hash, "is a leaf without a value")
        return new_leaf(path, payload(&parts[1]))
    child = decode_reference(&parts[1], node_hash)
    if child is None or not path:
        raise damaged(node_hash, "is an extension without a path or a child")
    return new_extension(path, child)


cdef Node decode_branch(
    Item* parts, bytes record, Py_ssize_t start, bytes node_hash
):
    cdef int index, ways = 0
    cdef bint is_packed = record is not None
    cdef unsigned int mask = 0
    cdef Item* own_value = &parts[CHILD_COUNT]
    if own_value.is_list:
        raise damaged(node_hash, "is a branch with a list for its value")
    for index in range(CHILD_COUNT):
        if parts[index].is_list:
            is_packed = False
        elif parts[index].payload_bytes:
            check_hash(&parts[index], node_hash)
            mask |= 1 << index
        else:
            continue
        ways += 1
    if own_value.payload_bytes:
        ways += 1
    if ways < 2:
        raise damaged(node_hash, "is a branch with less than two ways")
    if not is_packed:
        return branch_with_children(parts, node_hash)
    return new_packed_branch(record, start, mask, payload(own_value))


cdef Node branch_with_children(Item* parts, bytes node_hash):
    cdef list children = [None] * CHILD_COUNT
    cdef int index
    for index in range(CHILD_COUNT):
        children[index] = decode_reference(&parts[index], node_hash)
    return new_branch(children, payload(&parts[CHILD_COUNT]))


cdef object decode_reference(Item* part, bytes node_hash):
    if part.is_list:
        if part.total_bytes >= HASH_BYTES:
            raise damaged(node_hash, "holds a child that is too long")
        return decode_item(part, None, node_hash)
    if part.payload_bytes == 0:
        return None
    check_hash(part, node_hash)
    return payload(part)


cdef int check_hash(Item* part, bytes node_hash) except -1:
    if part.payload_bytes != HASH_BYTES:
        raise damaged(node_hash, "has a reference of a wrong length")
    return 0
