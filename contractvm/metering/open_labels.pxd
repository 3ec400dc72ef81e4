"""The labels that are open in a body, and the values that instructions carry."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from contractvm.wasm.structure.instruction_reader cimport Instruction

# An open block, loop or if; the func's body is a block.
cdef struct Label:
    uint8_t opcode
    bint is_entered     # control reaches the instruction that opens it
    bint is_joined      # control can reach the place after its end by a jump
    bint has_else
    uint64_t block_type  # as Instruction.a has it


cdef class OpenLabels:
    cdef const uint32_t[::1] param_counts   # by type index
    cdef const uint32_t[::1] result_counts  # by type index
    cdef const uint32_t[::1] func_types     # type index by func index
    cdef Label* labels
    cdef size_t depth
    cdef size_t capacity
    cdef bint is_live

    cdef int begin_func(self, uint64_t type_index) except -1
    cdef int open_label(self, uint32_t opcode, uint64_t block_type) except -1
    cdef int join_label(self, uint64_t label_depth) except -1
    cdef int meet_else(self) except -1
    cdef bint meet_end(self) noexcept
    cdef int meet_branch(self, const uint8_t* code, Instruction* found) except -1
    cdef uint64_t item_count(self, Instruction* found) except? 0
    cdef uint64_t carried_values(
        self, const uint8_t* code, Instruction* found
    ) except? 0
    cdef uint64_t params(self, uint64_t type_index) except? 0
    cdef uint64_t block_params(self, uint64_t block_type) except? 0
    cdef uint64_t block_results(self, uint64_t block_type) except? 0
    cdef uint64_t label_values(self, uint64_t label_depth) except? 0
