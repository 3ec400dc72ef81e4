"""The sequences that instrumentation injects."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.wasm.structure.instruction_reader cimport Instruction

# A local that holds what a global does; 2**32 where there is none.
cdef struct GasLocal:
    uint64_t local_index
    uint64_t global_index


cdef size_t match_charge(
    const uint8_t* code, size_t size, Instruction* first, uint64_t* cost
) noexcept
cdef int64_t match_sized_charger(
    const uint8_t* code, size_t size, uint64_t gas_global
) noexcept
cdef size_t match_local_charge(
    const uint8_t* code,
    size_t size,
    Instruction* first,
    const GasLocal* gas,
    uint64_t* cost,
) noexcept
cdef size_t match_load(
    const uint8_t* code, size_t size, size_t position, GasLocal* gas
) noexcept
cdef size_t find_gas_local(
    const uint8_t* code, size_t size, GasLocal* gas
) noexcept
cdef size_t match_canonical(
    const uint8_t* code, size_t size, size_t position, bint is_f64, uint64_t* local
) noexcept
cdef bint is_for_floats_only(
    const uint8_t* code, size_t size, bint is_f64, uint64_t local
) noexcept
cdef size_t match_stack_enter(
    const uint8_t* code,
    size_t size,
    Instruction* first,
    uint32_t* count,
    uint32_t* limit,
) noexcept
cdef size_t match_stack_leave(
    const uint8_t* code, size_t size, Instruction* first, uint32_t* count
) noexcept
