"""The trace of an instance."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.machine cimport TraceCells


cdef class Trace:
    cdef TraceCells cells
    cdef size_t site_count

    cdef int begin(self, size_t site_count) except -1
    cdef int enter_with_room(self, uint32_t func_index) except -1
    cdef object numbers(self, uint64_t* cells)


cdef Trace make_trace(size_t site_count)
