"""The operand stack and the control stack of the validation algorithm."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from contractvm.wasm.structure.instruction_reader cimport Instruction
from contractvm.wasm.validation.module_context cimport BOTTOM, TypeList

cdef enum:
    ANY = BOTTOM  # where any type will do

cdef struct Run:
    const uint8_t* types
    uint32_t count

cdef struct ControlFrame:
    uint32_t opcode
    bint is_unreachable
    TypeList params
    TypeList results
    size_t base  # runs below belong to outer blocks
    uint64_t base_height  # operands in them


cdef class TypeStack:
    # Where a fault is, for the error.
    cdef object func_index
    cdef object offset
    cdef Instruction instruction
    # The arrays are kept from body to body.
    cdef Run* runs
    cdef size_t run_count
    cdef size_t run_capacity
    cdef uint64_t height
    cdef uint64_t greatest_height
    cdef uint64_t max_height  # a module with more operands anywhere is refused
    cdef ControlFrame* frames
    cdef size_t frame_count
    cdef size_t frame_capacity

    cdef object invalid(self, str reason)
    cdef object mismatch(self, uint8_t expected, uint8_t found)
    cdef int clear(self) except -1
    cdef int push_run(self, const uint8_t* types, uint32_t count) except -1
    cdef int push(self, uint8_t val_type) except -1
    cdef int push_list(self, TypeList pushed) except -1
    cdef int pop(self, uint8_t expected) except -1
    cdef int pop_list(self, TypeList expected) except -1
    cdef int peek_list(self, TypeList expected) except -1
    cdef int compare(
        self,
        const Run* run,
        const uint8_t* expected,
        uint32_t expected_end,
        uint32_t count,
    ) except -1
    cdef int push_frame(
        self, uint32_t opcode, TypeList params, TypeList results
    ) except -1
    cdef int close_frame(self) except -1
    cdef int end_frame(self) except -1
    cdef int label_types(self, uint64_t label_depth, TypeList* out) except -1
    cdef int set_unreachable(self) except -1
