"""What register code records of its runs."""

from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.operand_stack cimport OperandStack
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef class Probe:
    cdef CodeBuffer code
    cdef OperandStack stack
    cdef FuncSource source
    cdef bint splits_edges      # every edge of the func has its own code
    cdef bint keeps_loop_heads  # no branch to a loop does its head's charge

    cdef int attach(
        self, CodeBuffer code, OperandStack stack, FuncSource source
    ) except -1
    cdef int enter(self) except -1
    cdef int leave(self) except -1
    cdef int instruction(self, Instruction* instruction) except -1
    cdef int edge(self, int kind) except -1
    cdef int compare(self, Instruction* instruction) except -1
    cdef int compare_switch(self, uint32_t slot, uint32_t count) except -1
    cdef int charge(self, bint is_free, uint64_t cost) except -1
    cdef int call(self, uint32_t func_index) except -1
    cdef int call_indirect(self, Instruction* instruction) except -1
