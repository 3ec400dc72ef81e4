"""Strict reading of RLP (Yellow Paper, appendix B), field by field, and its writing.

A reader that recursed once per level of nesting would end at a recursion limit in a
kilobyte of brackets from a stranger. What is read here has a known depth: each call
opens one level.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

from chain_sim.ethereum.primitives.errors import MalformedRlp

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char* where) except *
    void Py_LeaveRecursiveCall()

MAX_COUNTED = 100
# A type's byte, which begins a transaction or a receipt of that type, is below.
FIRST_UNTYPED_BYTE = 0x80

Encodable = bytes | int | list | tuple

cdef enum:
    # The longest payload whose length is in the first byte.
    MAX_SHORT = 55
    STRING = 0x80
    LIST = 0xC0
    # A prefix: one byte, and the eight of a length.
    PREFIX_BYTES = 9
    FIRST_ROOM = 1024


# Writing

cdef struct Writer:
    # Filled from its end, so that a list's length is known before its prefix.
    uint8_t* room
    Py_ssize_t size
    Py_ssize_t start


def encode_item(item):
    """RLP of bytes, numbers that are not negative, and nested lists of them.

    Raises OverflowError for a negative number, TypeError for anything else.
    """
    cdef Writer writer
    writer.size = writer.start = FIRST_ROOM
    writer.room = <uint8_t*>PyMem_Malloc(FIRST_ROOM)
    if not writer.room:
        raise MemoryError
    try:
        write_item(&writer, item)
        return PyBytes_FromStringAndSize(
            <char*>writer.room + writer.start, writer.size - writer.start
        )
    finally:
        PyMem_Free(writer.room)


def encode_list(list items not None):
    """RLP of the list of these items, which are encoded already."""
    cdef bytes payload = b"".join(items)
    return prefix(LIST, PyBytes_GET_SIZE(payload)) + payload


def uint_bytes(value):
    """The shortest big-endian form; zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


cdef int write_item(Writer* writer, object item) except -1:
    if isinstance(item, bytes):
        write_string(writer, item if type(item) is bytes else bytes(item))
    elif isinstance(item, int):
        write_number(writer, item)
    elif isinstance(item, list):
        write_list(writer, <list>item)
    elif isinstance(item, tuple):
        write_list(writer, list(item))
    else:
        raise TypeError(f"RLP has no {type(item).__name__}")
    return 0


cdef int write_list(Writer* writer, list items) except -1:
    cdef Py_ssize_t left = writer.size - writer.start
    cdef Py_ssize_t index
    Py_EnterRecursiveCall(b" in the RLP of a list")
    try:
        for index in range(len(items) - 1, -1, -1):
            write_item(writer, items[index])
    finally:
        Py_LeaveRecursiveCall()
    write_prefix(writer, LIST, writer.size - writer.start - left)
    return 0


cdef int write_number(Writer* writer, object number) except -1:
    cdef int overflow = 0
    cdef long long value = PyLong_AsLongLongAndOverflow(number, &overflow)
    if overflow or value < 0:
        write_string(writer, uint_bytes(number))
        return 0
    reserve(writer, PREFIX_BYTES)
    if 0 < value < STRING:
        writer.start -= 1
        writer.room[writer.start] = <uint8_t>value
    else:
        write_prefix(writer, STRING, write_digits(writer, <uint64_t>value))
    return 0


cdef int write_string(Writer* writer, bytes text) except -1:
    cdef Py_ssize_t length = PyBytes_GET_SIZE(text)
    cdef const uint8_t* content = <const uint8_t*>PyBytes_AS_STRING(text)
    reserve(writer, length)
    writer.start -= length
    memcpy(writer.room + writer.start, content, length)
    if length != 1 or content[0] >= STRING:
        write_prefix(writer, STRING, length)
    return 0


cdef int write_prefix(Writer* writer, uint8_t kind, Py_ssize_t length) except -1:
    cdef int count
    reserve(writer, PREFIX_BYTES)
    if length <= MAX_SHORT:
        writer.start -= 1
        writer.room[writer.start] = <uint8_t>(kind + length)
    else:
        count = write_digits(writer, <uint64_t>length)
        writer.start -= 1
        writer.room[writer.start] = <uint8_t>(kind + MAX_SHORT + count)
    return 0


cdef int write_digits(Writer* writer, uint64_t value) noexcept:
    """The digits without leading zeros, for which there is room; their count."""
    cdef int count = 0
    while value:
        writer.start -= 1
        writer.room[writer.start] = <uint8_t>value
        value >>= 8
        count += 1
    return count


cdef int reserve(Writer* writer, Py_ssize_t count) except -1:
    """Have room for so many bytes before what is written."""
    cdef Py_ssize_t written = writer.size - writer.start
    cdef Py_ssize_t size
    cdef uint8_t* room
    if count <= writer.start:
        return 0
    size = 2 * writer.size + count
    room = <uint8_t*>PyMem_Malloc(size)
    if not room:
        raise MemoryError
    memcpy(room + size - written, writer.room + writer.start, written)
    PyMem_Free(writer.room)
    writer.room, writer.size, writer.start = room, size, size - written
    return 0


cdef bytes prefix(uint8_t kind, Py_ssize_t length):
    """What stands before a string or a list of this length."""
    cdef uint8_t[PREFIX_BYTES] room
    cdef Writer writer
    writer.room = room
    writer.size = writer.start = PREFIX_BYTES
    write_prefix(&writer, kind, length)
    return PyBytes_FromStringAndSize(
        <char*>room + writer.start, PREFIX_BYTES - writer.start
    )


# Reading

cdef struct Item:
    # The payload of an item, within the bytes that it was read from.
    bint is_list
    Py_ssize_t start
    Py_ssize_t end


def read_list(bytes data not None, what, limit=None):
    """The items of the list in `data`, each still encoded, with its prefix.

    Nothing is read after the first `limit` items.
    """
    cdef Item whole, item
    cdef Py_ssize_t start
    cdef Py_ssize_t most = PyBytes_GET_SIZE(data) if limit is None else limit
    cdef list found = []
    read_prefix(&whole, data, 0, PyBytes_GET_SIZE(data), what)
    if not whole.is_list:
        raise MalformedRlp(f"{what} is not a list")
    require_end(&whole, data, what)
    start = whole.start
    while start < whole.end and len(found) < most:
        read_prefix(&item, data, start, whole.end, what)
        found.append(part(data, start, item.end))
        start = item.end
    return found


def read_fields(bytes data not None, what, *counts):
    """Like `read_list`, for a list whose number of items must be one of these."""
    cdef Py_ssize_t most = max(*counts, MAX_COUNTED)
    cdef list items = read_list(data, what, most + 1)
    if len(items) > most:
        raise MalformedRlp(f"{what} has more than {most} fields")
    if len(items) not in counts:
        wanted = " or ".join(map(str, counts))
        raise MalformedRlp(f"{what} has {len(items)} fields, not {wanted}")
    return items


def read_bytes(bytes item not None, field, length=None):
    """The byte string that `item` encodes, of exactly `length` bytes if given."""
    cdef Item found
    read_string(&found, item, field)
    if length is not None and found.end - found.start != length:
        raise MalformedRlp(
            f"{field} has {found.end - found.start} bytes, not {length}"
        )
    return part(item, found.start, found.end)


def read_uint(bytes item not None, field, Py_ssize_t max_bytes=32):
    """The number that `item` encodes: no leading zeros, at most `max_bytes` long."""
    cdef Item found
    cdef const uint8_t* content = <const uint8_t*>PyBytes_AS_STRING(item)
    cdef Py_ssize_t length
    read_string(&found, item, field)
    length = found.end - found.start
    if length and content[found.start] == 0:
        raise MalformedRlp(f"{field} has leading zeros")
    if length > max_bytes:
        raise MalformedRlp(f"{field} has {length} bytes, more than {max_bytes}")
    if length <= 8:
        return number_at(content + found.start, length)
    return int.from_bytes(part(item, found.start, found.end), "big")


def read_enveloped(bytes item not None, what):
    """The encoding of a transaction or receipt in a block's list (EIP-2718).

    Without a type it is the list that `item` is; with one, a string of its bytes.
    """
    if item[:1] >= b"\xc0":
        return item
    raw = read_bytes(item, what)
    if not raw or raw[0] >= FIRST_UNTYPED_BYTE:
        raise MalformedRlp(f"{what} is not a list")
    return raw


cdef int read_string(Item* found, bytes item, object field) except -1:
    """The one string that `item` is."""
    read_prefix(found, item, 0, PyBytes_GET_SIZE(item), field)
    if found.is_list:
        raise MalformedRlp(f"{field} is a list")
    require_end(found, item, field)
    return 0


cdef int require_end(Item* found, bytes data, object what) except -1:
    cdef Py_ssize_t more = PyBytes_GET_SIZE(data) - found.end
    if more:
        raise MalformedRlp(f"{what} has {more} superfluous bytes")
    return 0


cdef int read_prefix(
    Item* found, bytes data, Py_ssize_t start, Py_ssize_t limit, object what
) except -1:
    """Read the prefix of the item at `start`, which must end by `limit`.

    `limit` is at most the size of `data`. A payload is within the two.
    """
    cdef const uint8_t* content = <const uint8_t*>PyBytes_AS_STRING(data)
    cdef Py_ssize_t payload = start + 1
    cdef uint64_t length
    cdef uint8_t first
    if start >= limit:
        raise MalformedRlp(f"{what} ends too early")
    first = content[start]
    found.is_list = first >= LIST
    if first < STRING:
        found.start, found.end = start, payload
        return 0
    length = first - (LIST if found.is_list else STRING)
    if length > MAX_SHORT:
        payload += <Py_ssize_t>(length - MAX_SHORT)
        length = read_length(found, content, start, payload, limit, what)
    if payload > limit or length > <uint64_t>(limit - payload):
        raise MalformedRlp(f"{what} ends too early")
    if not found.is_list and length == 1 and content[payload] < STRING:
        raise MalformedRlp(
            f"{what}: encoded as short string although single byte was possible"
        )
    found.start, found.end = payload, payload + <Py_ssize_t>length
    return 0


cdef uint64_t read_length(
    Item* found,
    const uint8_t* content,
    Py_ssize_t start,
    Py_ssize_t payload,
    Py_ssize_t limit,
    object what,
) except? 0:
    """The length between the first byte at `start` and the payload."""
    cdef uint64_t length
    if start + 1 < limit and content[start + 1] == 0:
        raise MalformedRlp(f"{what}: length starts with zero bytes")
    if payload > limit:
        return 0
    length = number_at(content + start + 1, payload - start - 1)
    if length <= MAX_SHORT:
        name = "list" if found.is_list else "string"
        raise MalformedRlp(f"{what}: long {name} prefix used for short {name}")
    return length


cdef uint64_t number_at(const uint8_t* content, Py_ssize_t count) noexcept:
    """The number that these bytes are, at most eight of them."""
    cdef uint64_t number = 0
    cdef Py_ssize_t index
    for index in range(count):
        number = number << 8 | content[index]
    return number


cdef bytes part(bytes data, Py_ssize_t start, Py_ssize_t end):
    """The bytes from `start` to `end`, both within `data`."""
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(data) + start, end - start)
