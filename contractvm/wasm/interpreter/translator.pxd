"""From validated Wasm code to register code."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.code_writer cimport Entry
from contractvm.wasm.interpreter.operation_rules cimport Rule
from contractvm.wasm.interpreter.variable_writer cimport VariableWriter
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef struct Call:
    size_t instruction
    uint32_t func_index


cdef class Translator(VariableWriter):
    # Calls to be resolved when all funcs are translated.
    cdef Call* calls
    cdef size_t call_count
    cdef size_t call_capacity

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0
    cdef int translate_instruction(self, Instruction* instruction) except -1
    cdef int translate_dead(self, Instruction* instruction) except -1
    cdef int binary(self, Instruction* instruction) except -1
    cdef bint fits(self, Entry* entry, const Rule* rule) noexcept
    cdef int unary(self, Instruction* instruction) except -1
    cdef int load(self, Instruction* instruction) except -1
    cdef int store(self, Instruction* instruction) except -1
    cdef int in_place(self, Instruction* instruction) except -1
    cdef int select(self) except -1
    cdef int call(self, uint32_t func_index) except -1
    cdef int call_indirect(self, Instruction* instruction) except -1
    cdef int resolve_calls(self, size_t* starts, uint32_t* frame_slots) except -1
