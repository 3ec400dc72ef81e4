"""A reader of single instructions in a function body; shared by every stage.

No function here reads at or beyond `size`: each byte is fetched after its position was
compared with `size`, and positions only grow.
"""

from contractvm.wasm.structure.opcodes cimport (
    PLAIN_SLOTS, PREFIX, PREFIXED_COUNT, PREFIXED_OPCODES, SLOT_COUNT, TYPE_EXTERNREF,
    TYPE_F64, TYPE_FUNCREF, TYPE_I32, slot_of,
)

from contractvm.wasm.structure.opcodes import OPCODES

READ_ERRORS = (
    "",
    "unexpected end",
    "integer representation too long",
    "integer too large",
    "illegal opcode",
    "malformed value type",
    "malformed reference type",
    "malformed memop flags",
)

cdef enum:
    ILLEGAL = 255

# Immediate kind by the opcode's slot.
cdef uint8_t immediate_kinds[SLOT_COUNT]


def _fill_table() -> None:
    for slot in range(SLOT_COUNT):
        immediate_kinds[slot] = ILLEGAL
    for info in OPCODES:
        immediate_kinds[slot_of(info.opcode)] = info.immediate


_fill_table()


cdef int read_u32(
    const uint8_t* code, size_t size, size_t* position, uint32_t* value
) noexcept nogil:
    cdef uint32_t result = 0
    cdef int shift = 0
    cdef uint8_t byte
    while True:
        if position[0] >= size:
            return READ_UNEXPECTED_END
        byte = code[position[0]]
        position[0] += 1
        if shift == 28:
            if byte & 0x80:
                return READ_INTEGER_TOO_LONG
            if byte & 0xF0:
                return READ_INTEGER_TOO_LARGE
        result |= <uint32_t>(byte & 0x7F) << shift
        if not byte & 0x80:
            value[0] = result
            return READ_OK
        shift += 7


cdef int read_signed(
    const uint8_t* code, size_t size, size_t* position, int bits, int64_t* value
) noexcept nogil:
    """A signed LEB128 of at most `bits` (32, 33 or 64) bits, sign-extended."""
    cdef uint64_t result = 0
    cdef int shift = 0
    cdef int last_shift = (bits - 1) // 7 * 7
    cdef int used_bits = bits - last_shift
    cdef uint8_t byte
    cdef uint8_t unused
    while True:
        if position[0] >= size:
            return READ_UNEXPECTED_END
        byte = code[position[0]]
        position[0] += 1
        if shift == last_shift:
            if byte & 0x80:
                return READ_INTEGER_TOO_LONG
            # The sign bit and every bit above it must be equal.
            unused = (byte & 0x7F) >> (used_bits - 1)
            if unused != 0 and unused != 0x7F >> (used_bits - 1):
                return READ_INTEGER_TOO_LARGE
        result |= <uint64_t>(byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            if shift < 64 and byte & 0x40:
                result |= <uint64_t>0xFFFFFFFFFFFFFFFF << shift
            value[0] = <int64_t>result
            return READ_OK


cdef int read_fixed(
    const uint8_t* code, size_t size, size_t* position, int byte_count, uint64_t* value
) noexcept nogil:
    cdef uint64_t result = 0
    cdef int index
    # Written as a subtraction, since position + byte_count could wrap.
    if position[0] > size or size - position[0] < <size_t>byte_count:
        return READ_UNEXPECTED_END
    for index in range(byte_count):
        result |= <uint64_t>code[position[0] + index] << (8 * index)
    position[0] += byte_count
    value[0] = result
    return READ_OK


cdef bint is_reference_type(uint64_t byte) noexcept nogil:
    return byte == TYPE_FUNCREF or byte == TYPE_EXTERNREF


cdef bint is_val_type(uint8_t byte) noexcept nogil:
    # The number types are four in a row.
    return TYPE_F64 <= byte <= TYPE_I32 or is_reference_type(byte)


cdef int read_block_type(
    const uint8_t* code, size_t size, size_t* position, uint64_t* value
) noexcept nogil:
    cdef int64_t number = 0
    cdef size_t start = position[0]
    cdef int status = read_signed(code, size, position, 33, &number)
    if status == READ_OK and number < 0:
        # Only a type index is a number: other block types are one byte (spec 5.4.1).
        if position[0] != start + 1 or (
            number != BLOCK_TYPE_EMPTY and not is_val_type(<uint8_t>(number + 128))
        ):
            position[0] = start
            return READ_MALFORMED_TYPE
    value[0] = <uint64_t>number
    return status


cdef int read_labels(
    const uint8_t* code, size_t size, size_t* position, Instruction* out
) noexcept nogil:
    cdef uint32_t count = 0
    cdef uint32_t label = 0
    cdef uint64_t remaining
    cdef int status = read_u32(code, size, position, &count)
    if status:
        return status
    # A label takes a byte at least: a count that lies ends here, before any work.
    if count >= size - position[0]:
        return READ_UNEXPECTED_END
    out.a = count
    out.b = position[0]
    remaining = <uint64_t>count + 1
    while remaining:
        remaining -= 1
        status = read_u32(code, size, position, &label)
        if status:
            return status
    return READ_OK


cdef int read_val_types(
    const uint8_t* code, size_t size, size_t* position, Instruction* out
) noexcept nogil:
    cdef uint32_t count = 0
    cdef uint32_t index
    cdef int status = read_u32(code, size, position, &count)
    if status:
        return status
    if count > size - position[0]:
        return READ_UNEXPECTED_END
    out.a = count
    out.b = position[0]
    for index in range(count):
        if not is_val_type(code[position[0] + index]):
            position[0] += index
            return READ_MALFORMED_TYPE
    position[0] += count
    return READ_OK


cdef int read_two_u32(
    const uint8_t* code, size_t size, size_t* position, Instruction* out
) noexcept nogil:
    cdef uint32_t value = 0
    cdef int status = read_u32(code, size, position, &value)
    if status:
        return status
    out.a = value
    status = read_u32(code, size, position, &value)
    out.b = value
    return status


cdef int read_immediates(
    const uint8_t* code, size_t size, size_t* position, Instruction* out
) noexcept nogil:
    cdef int kind = out.immediate
    cdef int status
    cdef uint32_t value = 0
    cdef int64_t number = 0
    cdef size_t start
    if kind == IMM_NONE:
        return READ_OK
    if kind == IMM_BLOCK_TYPE:
        return read_block_type(code, size, position, &out.a)
    if kind == IMM_I32 or kind == IMM_I64:
        status = read_signed(
            code, size, position, 32 if kind == IMM_I32 else 64, &number
        )
        out.a = <uint64_t>number
        return status
    if kind == IMM_F32 or kind == IMM_F64:
        return read_fixed(code, size, position, 4 if kind == IMM_F32 else 8, &out.a)
    if kind == IMM_LABEL_TABLE:
        return read_labels(code, size, position, out)
    if kind == IMM_VAL_TYPES:
        return read_val_types(code, size, position, out)
    if kind == IMM_REF_TYPE:
        status = read_fixed(code, size, position, 1, &out.a)
        if status == READ_OK and not is_reference_type(out.a):
            position[0] -= 1
            return READ_MALFORMED_REFERENCE_TYPE
        return status
    if kind == IMM_MEM_ARG:
        start = position[0]
        status = read_two_u32(code, size, position, out)
        if status == READ_OK and out.a >= 64:
            position[0] = start
            return READ_MALFORMED_MEMOP_FLAGS
        return status
    if (
        kind == IMM_TYPE_TABLE
        or kind == IMM_DATA_MEMORY
        or kind == IMM_MEMORY_MEMORY
        or kind == IMM_ELEM_TABLE
        or kind == IMM_TABLE_TABLE
    ):
        return read_two_u32(code, size, position, out)
    # What is left is one index.
    status = read_u32(code, size, position, &value)
    out.a = value
    return status


cdef int read_instruction(
    const uint8_t* code, size_t size, size_t position, Instruction* out
) noexcept nogil:
    """Read the instruction at `position` of `code[:size]`; a ReadStatus.

    On failure `out.end` is the position of what cannot be read, or where the code ends.
    """
    cdef uint32_t opcode
    cdef uint32_t number = 0
    cdef int status
    out.start = position
    out.end = position
    out.a = 0
    out.b = 0
    if position >= size:
        return READ_UNEXPECTED_END
    opcode = code[position]
    position += 1
    if opcode == PREFIX:
        status = read_u32(code, size, &position, &number)
        if status:
            out.end = position
            return status
        if number >= PREFIXED_COUNT:
            return READ_ILLEGAL_OPCODE
        out.opcode = PREFIXED_OPCODES | number
        out.immediate = immediate_kinds[PLAIN_SLOTS + number]
    else:
        out.opcode = opcode
        out.immediate = immediate_kinds[opcode]
        if out.immediate == ILLEGAL:
            return READ_ILLEGAL_OPCODE
    status = read_immediates(code, size, &position, out)
    out.end = position
    return status


def instructions(bytes code not None):
    """Yield opcode, first and second immediate, start and end of each instruction.

    For tools and tests: the stages call `read_instruction`. Raises ValueError, with
    the reader's reason and the position, if the bytes are not instructions.
    """
    cdef Instruction instruction
    cdef const uint8_t* pointer = code
    cdef size_t size = len(code)
    cdef size_t position = 0
    cdef int status
    while position < size:
        status = read_instruction(pointer, size, position, &instruction)
        if status:
            raise ValueError(READ_ERRORS[status], instruction.end)
        yield (
            instruction.opcode,
            instruction.a,
            instruction.b,
            instruction.start,
            instruction.end,
        )
        position = instruction.end
