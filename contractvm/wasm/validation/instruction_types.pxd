"""The opcode table as compiled code reads it, and the instructions that have rules."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

# The instructions that the validator's rules name; all others are rows of the table.
cdef enum:
    OP_UNREACHABLE = 0x00
    OP_BLOCK = 0x02
    OP_LOOP = 0x03
    OP_IF = 0x04
    OP_ELSE = 0x05
    OP_END = 0x0B
    OP_BR = 0x0C
    OP_BR_IF = 0x0D
    OP_BR_TABLE = 0x0E
    OP_RETURN = 0x0F
    OP_CALL = 0x10
    OP_CALL_INDIRECT = 0x11
    OP_DROP = 0x1A
    OP_SELECT = 0x1B
    OP_SELECT_T = 0x1C
    OP_LOCAL_GET = 0x20
    OP_LOCAL_SET = 0x21
    OP_LOCAL_TEE = 0x22
    OP_GLOBAL_GET = 0x23
    OP_GLOBAL_SET = 0x24
    OP_TABLE_GET = 0x25
    OP_TABLE_SET = 0x26
    OP_I32_CONST = 0x41
    OP_F64_CONST = 0x44
    OP_I32_ADD = 0x6A
    OP_I32_MUL = 0x6C
    OP_I64_ADD = 0x7C
    OP_I64_MUL = 0x7E
    OP_REF_NULL = 0xD0
    OP_REF_IS_NULL = 0xD1
    OP_REF_FUNC = 0xD2
    OP_MEMORY_INIT = 0xFC08
    OP_DATA_DROP = 0xFC09
    OP_MEMORY_COPY = 0xFC0A
    OP_TABLE_INIT = 0xFC0C
    OP_ELEM_DROP = 0xFC0D
    OP_TABLE_COPY = 0xFC0E
    OP_TABLE_GROW = 0xFC0F
    OP_TABLE_SIZE = 0xFC10
    OP_TABLE_FILL = 0xFC11

cdef enum:
    I32 = 0x7F
    FUNCREF = 0x70
    EXTERNREF = 0x6F

cdef enum:
    OPCODE_SLOTS = 256 + 18

# What an instruction takes and gives; `is_fixed` is False where that is not in the
# table but depends on context.
cdef struct Signature:
    bint is_fixed
    uint8_t param_count
    uint8_t params[3]
    uint8_t result  # BOTTOM for none
    uint8_t alignment  # the greatest exponent that a MEM_ARG may have

cdef Signature signatures[OPCODE_SLOTS]

cdef inline size_t slot_of(uint32_t opcode) noexcept nogil:
    # The reader returns no other opcodes than a byte or 0xFC00 to 0xFC11.
    return opcode if opcode < 256 else 256 + (opcode & 0xFF)

cdef bint is_reference(int val_type) noexcept nogil
cdef bint is_constant(uint32_t opcode) noexcept nogil
