"""Blocks and branches of register code."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.injected_code cimport InjectedCode
from contractvm.wasm.interpreter.labels cimport Label, Labels
from contractvm.wasm.interpreter.operand_stack cimport OperandStack
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction


# The branch that a condition makes: its operation, and its words after the distance.
cdef struct Condition:
    int operation
    uint32_t b
    uint32_t c


@cython.final
cdef class Branches:
    cdef CodeBuffer code
    cdef OperandStack stack
    cdef FuncSource source
    cdef InjectedCode injected
    cdef Probe probe
    cdef Labels labels
    cdef bint is_live  # False in code that control cannot reach
    cdef size_t dead_depth  # blocks open in it

    cdef int begin_func(self, uint32_t type_index) except -1
    cdef Label* begin(self, int kind, uint64_t block_type) except NULL
    cdef int begin_block(self, uint64_t block_type) except -1
    cdef int begin_loop(self, Instruction* instruction) except -1
    cdef int begin_if(self, uint64_t block_type) except -1
    cdef int begin_else(self) except -1
    cdef int end(self) except -1
    cdef int end_func(self, Label* label) except -1
    cdef int die(self) noexcept
    cdef int skip_dead(self, Instruction* instruction) except -1
    cdef int emit_jump(
        self, Label* label, int operation, uint32_t b, uint32_t c
    ) except -1
    cdef int emit_branch(self, Label* label) except -1
    cdef int emit_return(self) except -1
    cdef int take_condition(self, bint is_inverted, Condition* condition) except -1
    cdef bint is_step(self) noexcept
    cdef int br(self, uint32_t depth) except -1
    cdef int br_if(self, uint32_t depth) except -1
    cdef bint branch_is_plain(self, Label* label) noexcept
    cdef int br_table(self, Instruction* instruction) except -1
    cdef bint must_move(self, Label* label) noexcept
