"""The value under one key, found in the encoded nodes without decoding the rest."""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from libc.stdint cimport uint8_t

from chain_sim.trie.node cimport CHILD_COUNT, HASH_BYTES, nibble_at, nibbles_between
from chain_sim.trie.node_decoder cimport Item, damaged, read_item

from chain_sim.database.errors import MissingNode


cdef enum Outcome:
    ABSENT
    VALUE
    CHILD
    MALFORMED


# The key, and how many of its nibbles lie behind us.
cdef struct Way:
    const uint8_t* key
    Py_ssize_t nibble_count
    Py_ssize_t depth


def find_value(object get_node, bytes root not None, bytes key not None):
    """The value under `key` in the trie whose root node has the hash; b"" if none."""
    cdef Way way
    cdef bytes node_hash = root
    cdef bytes encoded
    cdef Item item
    cdef Outcome outcome
    way.key = <const uint8_t*>PyBytes_AS_STRING(key)
    way.nibble_count = 2 * PyBytes_GET_SIZE(key)
    way.depth = 0
    while True:
        encoded = get_node(node_hash)
        if encoded is None:
            raise MissingNode(node_hash, nibbles_between(way.key, 0, way.depth))
        outcome = descend(encoded, &way, &item)
        if outcome == ABSENT:
            return b""
        if outcome == MALFORMED:
            raise damaged(node_hash, "is neither a branch nor a short node")
        found = PyBytes_FromStringAndSize(<const char*>item.payload, item.payload_bytes)
        if outcome == VALUE:
            return found
        node_hash = found


cdef Outcome descend(bytes encoded, Way* way, Item* found) noexcept:
    """Go down through this node and those that it holds in place."""
    cdef Item item
    cdef Outcome outcome
    cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(encoded)
    if not read_item(data, PyBytes_GET_SIZE(encoded), &item):
        return MALFORMED
    while True:
        outcome = step(&item, way, found)
        if outcome == VALUE:
            return MALFORMED if found.is_list else VALUE
        if outcome != CHILD:
            return outcome
        if not found.is_list:
            if found.payload_bytes == HASH_BYTES:
                return CHILD
            return MALFORMED if found.payload_bytes else ABSENT
        item = found[0]


cdef Outcome step(Item* node, Way* way, Item* found) noexcept nogil:
    """The item of the node that the way leads to: a value, or a child's reference."""
    cdef const uint8_t* position = node.payload
    cdef Py_ssize_t left = node.payload_bytes
    cdef Item path
    cdef int _index, wanted
    if not node.is_list or not read_item(position, left, &path):
        return MALFORMED
    position += path.total_bytes
    left -= path.total_bytes
    if not read_item(position, left, found):
        return MALFORMED
    if found.total_bytes == left:
        return step_along(&path, way)
    if way.depth == way.nibble_count:
        wanted = CHILD_COUNT
    else:
        wanted = nibble_at(way.key, way.depth)
        way.depth += 1
    if wanted == 0:
        found[0] = path
    for _index in range(wanted - 1):
        position += found.total_bytes
        left -= found.total_bytes
        if not read_item(position, left, found):
            return MALFORMED
    if wanted < CHILD_COUNT:
        return CHILD
    return VALUE if found.payload_bytes else ABSENT


cdef Outcome step_along(Item* path, Way* way) noexcept nogil:
    """Compare the hex-prefix path of a leaf or an extension with the key."""
    cdef Py_ssize_t start, count, index
    cdef int flags
    if path.is_list or path.payload_bytes < 1:
        return MALFORMED
    flags = path.payload[0] >> 4
    start = 1 if flags & 1 else 2
    count = 2 * path.payload_bytes - start
    if flags > 3 or (count == 0 and not flags & 2):
        return MALFORMED
    if count > way.nibble_count - way.depth:
        return ABSENT
    for index in range(count):
        if nibble_at(path.payload, start + index) != nibble_at(
            way.key, way.depth + index
        ):
            return ABSENT
    way.depth += count
    if flags & 2:
        return VALUE if way.depth == way.nibble_count else ABSENT
    return CHILD
