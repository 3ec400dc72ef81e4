"""Locals and globals in register code."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.branch_writer cimport BranchWriter
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef class VariableWriter(BranchWriter):
    cdef int find_gas(
        self, uint32_t* declared_locals, uint32_t params, size_t* position
    ) except -1
    cdef int skip_load(self, Instruction* instruction) except -1
    cdef int local_get(self, Instruction* instruction) except -1
    cdef int local_set(self, uint32_t local) except -1
    cdef int plain_global_get(self, uint32_t global_index) except -1
    cdef int global_get(self, Instruction* instruction) except -1
    cdef int global_set(self, uint32_t global_index) except -1
