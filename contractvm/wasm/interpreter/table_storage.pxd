"""The elements of a table."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from contractvm.wasm.interpreter.machine cimport TableCells


cdef class TableStorage:
    cdef TableCells cells
    cdef void* home
    cdef dict anchors
    cdef object table_type
    cdef uint8_t element_type
    cdef uint64_t limit

    cdef int begin(self, table_type, void* home, uint64_t limit) except -1
    cdef int anchor(self, uint64_t slot) except -1
    cdef int64_t grow_by(self, uint64_t count, uint64_t slot) except -2
    cdef int check(self, uint64_t index, uint64_t count) except -1
    cdef int fill(self, uint64_t index, uint64_t slot, uint64_t count) except -1
    cdef int copy_from(
        self, TableStorage source, uint64_t to, uint64_t start, uint64_t count
    ) except -1


cdef TableStorage make_table_storage(table_type, void* home, uint64_t limit)
