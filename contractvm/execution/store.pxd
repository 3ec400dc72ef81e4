"""Run-time objects that instances share or are made of."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t

from contractvm.execution.compiled_module cimport CompiledModule
from contractvm.execution.machine cimport Instance, MemoryCells, TableCells
from contractvm.execution.memory cimport Memory


cdef class HostFunc:
    cdef readonly object func_type
    cdef readonly object call


cdef class InstanceCore:
    cdef Instance instance
    cdef MemoryCells no_memory
    cdef readonly CompiledModule compiled
    cdef readonly list imported_funcs
    cdef readonly Memory memory
    cdef readonly list tables            # Table
    cdef readonly list imported_globals  # GlobalCell
    cdef readonly list data_segments     # bytes; empty once dropped
    cdef readonly list element_segments  # tuples of slots; empty once dropped
    cdef dict anchors                    # what own globals and segments refer to
    cdef readonly size_t max_call_depth
    cdef readonly size_t max_stack_slots


cdef class ExportedFunc:
    cdef readonly InstanceCore core
    cdef readonly size_t func_index


cdef class TableStorage:
    cdef TableCells cells
    cdef void* home
    cdef dict anchors
    cdef readonly object table_type
    cdef readonly uint64_t limit

    cdef int anchor(self, uint64_t slot) except -1
    cdef int64_t grow_by(self, uint64_t count, uint64_t slot) except -2
    cdef int check(self, uint64_t index, uint64_t count) except -1


cdef class Table:
    cdef readonly TableStorage storage
    cdef readonly InstanceCore home


cdef class GlobalCell:
    cdef uint64_t* cell
    cdef uint64_t own_cell
    cdef readonly object global_type
    cdef readonly InstanceCore core
    cdef dict anchors


cdef object to_python(uint64_t slot, uint8_t val_type)
cdef uint64_t from_python(object value, uint8_t val_type, dict anchors) except? 0
cdef int anchor_reference(
    uint64_t slot, uint8_t val_type, dict anchors, void* home
) except -1
