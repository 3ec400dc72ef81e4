"""From validated Wasm code to register code."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from contractvm.wasm.interpreter.branches cimport Branches
from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.injected_code cimport InjectedCode
from contractvm.wasm.interpreter.operand_stack cimport Entry, OperandStack
from contractvm.wasm.interpreter.operation_rules cimport Rule
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.interpreter.variables cimport Variables
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef struct Call:
    size_t instruction
    uint32_t func_index


@cython.final
cdef class Translator:
    cdef CodeBuffer code
    cdef OperandStack stack
    cdef FuncSource source
    cdef Probe probe
    cdef InjectedCode injected
    cdef Branches branches
    cdef Variables variables
    # Calls to be resolved when all funcs are translated.
    cdef Call* calls
    cdef size_t call_count
    cdef size_t call_capacity

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0
    cdef int zero_locals(self, uint32_t first, uint32_t count) except -1
    cdef int translate_instruction(self, Instruction* instruction) except -1
    cdef int translate_by_opcode(self, Instruction* instruction) except -1
    cdef int binary(self, const Rule* rule) except -1
    cdef bint fits(self, Entry* entry, const Rule* rule) noexcept
    cdef int unary(self, uint32_t opcode, const Rule* rule) except -1
    cdef int load(self, Instruction* instruction, const Rule* rule) except -1
    cdef int store(self, Instruction* instruction, const Rule* rule) except -1
    cdef int in_place(self, Instruction* instruction, const Rule* rule) except -1
    cdef int select(self) except -1
    cdef int call(self, uint32_t func_index) except -1
    cdef int call_indirect(self, Instruction* instruction) except -1
    cdef int resolve_calls(self, size_t* starts, uint32_t* frame_slots) except -1
