"""A search for instructions of certain kinds in a body, for the profile."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from contractvm.wasm.structure.instruction_reader cimport (
    IMM_BLOCK_TYPE, IMM_TYPE_TABLE, IMM_VAL_TYPES, READ_OK, Instruction,
    read_instruction,
)
from contractvm.wasm.structure.opcodes cimport (
    SLOT_COUNT, TYPE_EXTERNREF, TYPE_F32, TYPE_F64, TYPE_FUNCREF, slot_of,
)

# A search slot is an opcode's slot, or one of these: what an instruction's immediate
# asks for beyond its opcode.
cdef enum:
    _TYPE_INDEX_BLOCK = SLOT_COUNT
    _FLOAT_TYPE
    _REFERENCE_TYPE
    _OTHER_TABLE
    _SEARCH_SLOT_COUNT
    NO_SLOT = -1

TYPE_INDEX_BLOCK = _TYPE_INDEX_BLOCK
FLOAT_TYPE = _FLOAT_TYPE
REFERENCE_TYPE = _REFERENCE_TYPE
OTHER_TABLE = _OTHER_TABLE
SEARCH_SLOT_COUNT = _SEARCH_SLOT_COUNT


cdef int type_slot(uint8_t val_type) noexcept nogil:
    if val_type == TYPE_F32 or val_type == TYPE_F64:
        return _FLOAT_TYPE
    if val_type == TYPE_FUNCREF or val_type == TYPE_EXTERNREF:
        return _REFERENCE_TYPE
    return NO_SLOT


cdef int immediate_slot(
    const uint8_t* code, const Instruction* instruction
) noexcept nogil:
    if instruction.immediate == IMM_BLOCK_TYPE:
        if instruction.a < <uint64_t>0x100000000:
            return _TYPE_INDEX_BLOCK
        # Else a value type's byte minus 128; 0x40, the empty type, has no slot.
        return type_slot(<uint8_t>(instruction.a & 0x7F))
    if instruction.immediate == IMM_VAL_TYPES and instruction.a:
        # The reader has read `a` types from position b on; valid code has one.
        return type_slot(code[instruction.b])
    if instruction.immediate == IMM_TYPE_TABLE and instruction.b:
        return _OTHER_TABLE
    return NO_SLOT


def find_instruction(bytes code not None, bytes wanted not None):
    """Find the first instruction whose slot is not zero in `wanted`.

    Returns (its position, the slot), or None. Stops without a result at bytes that
    are not an instruction.
    """
    cdef const uint8_t* pointer = code
    cdef size_t size = len(code)
    cdef const uint8_t[::1] is_wanted = wanted
    cdef Instruction instruction
    cdef size_t position = 0
    cdef int slot
    if len(wanted) != _SEARCH_SLOT_COUNT:
        raise ValueError("a table of slots has another size")
    while position < size:
        if read_instruction(pointer, size, position, &instruction) != READ_OK:
            return None
        slot = <int>slot_of(instruction.opcode)
        if is_wanted[slot]:
            return position, slot
        slot = immediate_slot(pointer, &instruction)
        if slot != NO_SLOT and is_wanted[slot]:
            return position, slot
        position = instruction.end
    return None


def mark_instructions(bytes code not None, bytearray seen not None):
    """Set `seen` to 1 at the slots of all instructions.

    Stops at bytes that are not an instruction.
    """
    cdef const uint8_t* pointer = code
    cdef size_t size = len(code)
    cdef uint8_t[::1] is_seen = seen
    cdef Instruction instruction
    cdef size_t position = 0
    cdef int slot
    if len(seen) != _SEARCH_SLOT_COUNT:
        raise ValueError("a table of slots has another size")
    while position < size:
        if read_instruction(pointer, size, position, &instruction) != READ_OK:
            return
        is_seen[slot_of(instruction.opcode)] = 1
        slot = immediate_slot(pointer, &instruction)
        if slot != NO_SLOT:
            is_seen[slot] = 1
        position = instruction.end
