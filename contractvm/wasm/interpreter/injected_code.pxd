"""Register code of what instrumentation injected."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction


@cython.final
cdef class InjectedCode:
    cdef CodeBuffer code
    cdef FuncSource source
    cdef Probe probe

    cdef int skip_first_load(
        self, uint32_t* declared_locals, uint32_t params, size_t* position
    ) except -1
    cdef int skip_load(self, Instruction* instruction) except -1
    cdef int skip_replacement(self, Instruction* instruction, int float_bits) except -1
    cdef int charge(self, int operation, bint is_free, uint64_t cost) except -1
    cdef int charge_by_local(self, Instruction* instruction) except -1
    cdef int charge_loop(self, Instruction* instruction) except -1
    cdef int use_counter(self, Instruction* instruction) except -1
