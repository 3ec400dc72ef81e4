"""A reader of single instructions in a function body; shared by every stage."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

# How a read can end; texts in READ_ERRORS.
cdef enum ReadStatus:
    READ_OK = 0
    READ_UNEXPECTED_END = 1
    READ_INTEGER_TOO_LONG = 2
    READ_INTEGER_TOO_LARGE = 3
    READ_ILLEGAL_OPCODE = 4
    READ_MALFORMED_TYPE = 5
    READ_MALFORMED_REFERENCE_TYPE = 6
    READ_MALFORMED_MEMOP_FLAGS = 7

# The kinds of immediates; a copy in C of `opcodes.Immediate`, compared by a test.
cdef enum ImmediateKind:
    IMM_NONE = 0
    IMM_BLOCK_TYPE = 1
    IMM_LABEL = 2
    IMM_LABEL_TABLE = 3
    IMM_FUNC = 4
    IMM_TYPE_TABLE = 5
    IMM_VAL_TYPES = 6
    IMM_LOCAL = 7
    IMM_GLOBAL = 8
    IMM_TABLE = 9
    IMM_MEM_ARG = 10
    IMM_MEMORY = 11
    IMM_I32 = 12
    IMM_I64 = 13
    IMM_F32 = 14
    IMM_F64 = 15
    IMM_REF_TYPE = 16
    IMM_DATA_MEMORY = 17
    IMM_DATA = 18
    IMM_MEMORY_MEMORY = 19
    IMM_ELEM_TABLE = 20
    IMM_ELEM = 21
    IMM_TABLE_TABLE = 22

# The block types that are not a type index, as a signed 33-bit number reads them.
cdef enum:
    BLOCK_TYPE_EMPTY = -64

cdef struct Instruction:
    uint32_t opcode       # the byte, or 0xFC00 plus the number after the prefix
    int immediate         # ImmediateKind
    size_t start          # position of the opcode
    size_t end            # position after the last immediate
    # First and second immediate. Signed numbers are sign-extended to 64 bits (read
    # them as int64_t), floats are their bits. BLOCK_TYPE: a >= 0 is a type index,
    # -64 empty, else the val type's byte minus 128. LABEL_TABLE: a = labels without
    # the default, b = position of the first. VAL_TYPES: a = count, b = position.
    # MEM_ARG: a = alignment exponent, b = offset.
    uint64_t a
    uint64_t b

cdef int read_u32(
    const uint8_t* code, size_t size, size_t* position, uint32_t* value
) noexcept nogil
cdef int read_signed(
    const uint8_t* code, size_t size, size_t* position, int bits, int64_t* value
) noexcept nogil
cdef int read_instruction(
    const uint8_t* code, size_t size, size_t position, Instruction* out
) noexcept nogil
