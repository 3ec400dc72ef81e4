"""A linear memory."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from contractvm.wasm.interpreter.machine cimport MemoryCells


cdef class Memory:
    cdef MemoryCells cells
    cdef uint64_t reserved_bytes
    cdef uint64_t initial_bytes
    cdef readonly object maximum
    cdef readonly uint64_t limit_pages

    cdef int64_t grow_by(self, uint64_t pages) except -2
    cdef int copy_in(
        self, uint64_t address, const uint8_t* data, uint64_t length
    ) except -1
    cdef int check(self, uint64_t address, uint64_t length) except -1
