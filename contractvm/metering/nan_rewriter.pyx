"""A rewriter that inserts code after the instructions of a body that may make a NaN.

`kinds` says for each plain opcode what its result is: 1 an f32 that may be a NaN of
open bits, 2 such an f64, 0 anything else.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

from contractvm.wasm.structure.instruction_reader cimport Instruction, read_instruction

from contractvm.errors import InternalError

cdef enum:
    NO_FLOAT = 0
    FLOAT_32 = 1
    FLOAT_64 = 2
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
    """How many instructions of the body have a result of kind 1, and of kind 2."""
    cdef Instruction found
    cdef size_t size = len(code)
    cdef size_t position = 0
    cdef size_t singles = 0, doubles = 0
    cdef int kind
    check_kinds(kinds)
    while position < size:
        kind = kind_at(code, size, position, kinds, &found)
        singles += kind == FLOAT_32
        doubles += kind == FLOAT_64
        position = found.end
    return singles, doubles


def canonicalize_body(
    bytes code not None,
    bytes kinds not None,
    tuple counts not None,
    bytes for_f32 not None,
    bytes for_f64 not None,
):
    """The body with `for_f32` after each result of kind 1, `for_f64` of kind 2.

    `counts` are those of the same body, so the new length is known.
    """
    cdef Instruction found
    cdef const uint8_t* source = code
    cdef const uint8_t* kind_table = kinds
    cdef size_t size = len(code)
    cdef size_t left[3]
    cdef size_t lengths[3]
    cdef const uint8_t* sequences[3]
    cdef size_t position = 0
    cdef int kind
    cdef bytes written
    cdef uint8_t* out
    check_kinds(kinds)
    left[NO_FLOAT] = 0
    left[FLOAT_32] = counts[0]
    left[FLOAT_64] = counts[1]
    if left[FLOAT_32] > size or left[FLOAT_64] > size:
        raise InternalError("a body with fewer float results than were counted")
    lengths[FLOAT_32] = len(for_f32)
    lengths[FLOAT_64] = len(for_f64)
    sequences[FLOAT_32] = for_f32
    sequences[FLOAT_64] = for_f64
    written = PyBytes_FromStringAndSize(
        NULL,
        # Python ints, which do not wrap.
        <object>size
        + <object>left[FLOAT_32] * lengths[FLOAT_32]
        + <object>left[FLOAT_64] * lengths[FLOAT_64],
    )
    out = <uint8_t*>PyBytes_AS_STRING(written)
    while position < size:
        kind = kind_at(source, size, position, kind_table, &found)
        memcpy(out, source + position, found.end - position)
        out += found.end - position
        position = found.end
        if kind == NO_FLOAT:
            continue
        # As many as were counted fit into what is allocated.
        if kind > FLOAT_64 or left[kind] == 0:
            raise InternalError("a body with more float results than were counted")
        left[kind] -= 1
        memcpy(out, sequences[kind], lengths[kind])
        out += lengths[kind]
    if left[FLOAT_32] or left[FLOAT_64]:
        raise InternalError("a body with fewer float results than were counted")
    return written
