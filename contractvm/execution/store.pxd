"""What instances are made of and share."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from contractvm.execution.machine cimport MemoryCells, TableCells
from contractvm.execution.memory cimport Memory
from contractvm.execution.references cimport FuncSpace
from contractvm.execution.trace cimport Trace


cdef class InstanceCore(FuncSpace):
    cdef MemoryCells no_memory
    cdef readonly object context         # for host funcs that take it
    cdef readonly Memory memory
    cdef readonly list tables            # Table; TableStorage of its own ones
    cdef readonly list imported_globals  # GlobalCell
    cdef readonly list data_segments     # bytes; empty once dropped
    cdef readonly list element_segments  # tuples of slots; empty once dropped
    cdef dict anchors                    # what own globals and segments refer to
    cdef readonly Trace trace            # None, unless the module records
    cdef readonly size_t max_call_depth
    cdef readonly size_t max_stack_slots


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
