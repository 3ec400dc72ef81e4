"""Locals and globals in register code."""

cimport cython
from libc.stdint cimport uint32_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.injected_code cimport InjectedCode
from contractvm.wasm.interpreter.operand_stack cimport OperandStack
from contractvm.wasm.structure.instruction_reader cimport Instruction


@cython.final
cdef class Variables:
    cdef CodeBuffer code
    cdef OperandStack stack
    cdef FuncSource source
    cdef InjectedCode injected

    cdef int local_get(self, Instruction* instruction) except -1
    cdef int local_set(self, uint32_t local) except -1
    cdef int global_get(self, Instruction* instruction) except -1
    cdef int global_set(self, uint32_t global_index) except -1
