"""Funcs and references."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from contractvm.wasm.interpreter.compiled_module cimport CompiledModule
from contractvm.wasm.interpreter.machine cimport Instance


cdef class FuncSpace:
    cdef Instance instance
    cdef readonly CompiledModule compiled
    cdef readonly tuple imported_funcs
    cdef size_t func_count  # 0 before all of `instance.funcs` is filled

    cdef int fill_funcs(
        self, CompiledModule compiled, tuple imported_funcs
    ) except -1


cdef class ExportedFunc:
    cdef readonly FuncSpace core
    cdef readonly size_t func_index


cdef void* allocated(size_t count, size_t size) except NULL
cdef object to_python(uint64_t slot, uint8_t val_type)
cdef object to_value(uint64_t slot, uint8_t val_type)
cdef uint64_t from_python(
    object value, uint8_t val_type, dict anchors, void* home
) except? 0
cdef int anchor_reference(
    uint64_t slot, uint8_t val_type, dict anchors, void* home
) except -1
