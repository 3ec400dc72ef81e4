"""The opcode table's rows as the validator needs them."""

from libc.stdint cimport uint8_t, uint32_t

from contractvm.wasm.structure.opcodes cimport SLOT_COUNT

# What an instruction takes and gives; `is_fixed` is False where that is not in the
# table but depends on context.
cdef struct Signature:
    bint is_fixed
    uint8_t param_count
    uint8_t params[3]
    uint8_t result  # BOTTOM for none
    uint8_t alignment  # the greatest exponent that a MEM_ARG may have

cdef Signature signatures[SLOT_COUNT]

cdef bint is_reference(int val_type) noexcept nogil
cdef bint is_constant(uint32_t opcode) noexcept nogil
