"""The parts of instances: tables, globals, their own core."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from contractvm.wasm.interpreter.machine cimport MemoryCells, TableCells
from contractvm.wasm.interpreter.memory cimport Memory
from contractvm.wasm.interpreter.references cimport FuncSpace
from contractvm.wasm.interpreter.table_storage cimport TableStorage
from contractvm.wasm.interpreter.trace cimport Trace


cdef class InstanceCore(FuncSpace):
    cdef MemoryCells no_memory
    cdef TableCells no_table
    cdef readonly object context         # for host funcs that take it
    cdef public object stop_flag         # None, unless something may end its calls
    # Compiled module, words and whether these are cut: where the last call stopped.
    cdef public object stopped_at
    cdef readonly Memory memory
    cdef list tables                     # Table; TableStorage of its own ones
    cdef list global_cells               # GlobalCell: the imported globals
    cdef readonly list data_segments     # bytes; empty once dropped
    # Val type and a tuple of slots, which is empty once dropped.
    cdef list element_segments
    cdef dict anchors                    # what own globals and segments refer to
    cdef readonly Trace trace            # None, unless the module records
    cdef readonly size_t max_call_depth
    cdef readonly size_t max_stack_slots

    cdef size_t imported_global_count(self) noexcept
    cdef int set_reference(self, size_t global_index, uint64_t slot) except -1
    cdef TableStorage table_storage(self, size_t table_index)


cdef class Table:
    # Not for Python: without its table nothing keeps `home` alive.
    cdef TableStorage storage
    cdef readonly InstanceCore home


cdef class GlobalCell:
    cdef uint64_t* cell
    cdef uint64_t own_cell
    cdef readonly object global_type
    cdef uint8_t val_type
    cdef readonly InstanceCore core
    cdef dict anchors
