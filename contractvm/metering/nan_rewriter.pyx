"""A rewriter that inserts code after the instructions of a body that may make a NaN.

`kinds` says for each plain opcode what its result is: 1 an f32 that may be a NaN of
open bits, 2 such an f64, 0 anything else. Instructions of kind 3 and 4, of one byte
each, are replaced by code.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

from contractvm.wasm.structure.instruction_reader cimport Instruction, read_instruction

from contractvm.errors import InternalError

cdef enum:
    NO_FLOAT = 0
    FIRST_REPLACED = 3
    KIND_COUNT = 5
    PLAIN_OPCODES = 256


cdef int check_kinds(bytes kinds) except -1:
    if len(kinds) != PLAIN_OPCODES:
        raise InternalError("the table of float results has another length")
    return 0


cdef inline int kind_at(
    const uint8_t* code,
    size_t size,
    size_t position,
    const uint8_t* kinds,
    Instruction* found,
) except -1:
    """Read the instruction at `position` into `found`; return its kind."""
    if read_instruction(code, size, position, found):
        raise InternalError("a body that was decoded cannot be read")
    return kinds[found.opcode] if found.opcode < PLAIN_OPCODES else NO_FLOAT


def count_float_results(bytes code not None, bytes kinds not None):
    """How many instructions of the body are of each kind, from 1 to 4."""
    cdef Instruction found
    cdef size_t size = len(code)
    cdef size_t position = 0
    cdef size_t[5] counts = [0, 0, 0, 0, 0]
    cdef int kind
    check_kinds(kinds)
    while position < size:
        kind = kind_at(code, size, position, kinds, &found)
        if kind >= KIND_COUNT:
            raise InternalError("a kind of float result that nobody knows")
        counts[kind] += 1
        position = found.end
    return counts[1], counts[2], counts[3], counts[4]


def canonicalize_body(
    bytes code not None,
    bytes kinds not None,
    tuple counts not None,
    tuple codes not None,
):
    """The body with the codes of kinds 1 and 2 after, those of 3 and 4 instead.

    `counts` are those of the same body, so the new length is known.
    """
    cdef Instruction found
    cdef const uint8_t* source = code
    cdef const uint8_t* kind_table = kinds
    cdef size_t size = len(code)
    cdef size_t left[5]
    cdef size_t lengths[5]
    cdef const uint8_t* sequences[5]
    cdef size_t position = 0
    cdef int kind
    cdef bytes inserted, written
    cdef uint8_t* out
    check_kinds(kinds)
    if len(counts) != KIND_COUNT - 1 or len(codes) != KIND_COUNT - 1:
        raise InternalError("a kind of float result without a count or code")
    left[NO_FLOAT] = 0
    new_size = <object>size  # a Python int, which does not wrap
    for kind in range(1, KIND_COUNT):
        inserted = codes[kind - 1]
        left[kind] = counts[kind - 1]
        if left[kind] > size:
            raise InternalError("a body with fewer float results than were counted")
        lengths[kind] = len(inserted)
        sequences[kind] = inserted  # which `codes` keeps
        new_size += <object>left[kind] * len(inserted)
        if kind >= FIRST_REPLACED:
            new_size -= <object>left[kind]
    written = PyBytes_FromStringAndSize(NULL, new_size)
    out = <uint8_t*>PyBytes_AS_STRING(written)
    while position < size:
        kind = kind_at(source, size, position, kind_table, &found)
        if kind < FIRST_REPLACED:
            memcpy(out, source + position, found.end - position)
            out += found.end - position
        elif found.end - position != 1:
            raise InternalError("an instruction of more than a byte to replace")
        position = found.end
        if kind == NO_FLOAT:
            continue
        # As many as were counted fit into what is allocated.
        if kind >= KIND_COUNT or left[kind] == 0:
            raise InternalError("a body with more float results than were counted")
        left[kind] -= 1
        memcpy(out, sequences[kind], lengths[kind])
        out += lengths[kind]
    if left[1] or left[2] or left[3] or left[4]:
        raise InternalError("a body with fewer float results than were counted")
    return written
