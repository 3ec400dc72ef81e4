"""Counts of edges, for all modules that one executor runs."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from contractvm.wasm.interpreter.machine cimport EdgeCells


cdef struct EdgeSiteCells:
    uint32_t func_number
    uint32_t position
    uint32_t cell
    uint32_t count  # of neighbouring cells
    int kind


cdef class EdgeRegion

cdef class EdgeCounts:
    cdef EdgeCells cells
    cdef size_t used         # cells that have a meaning
    cdef bint is_sealed
    cdef dict own_regions
    cdef list touched        # EdgeRegion, each once
    cdef EdgeRegion common   # of all modules without a region of their own

    cdef int keep_notes(self) except -1
    cdef tuple compare(self, uint8_t[::1] seen, bint is_added)


cdef class EdgeRegion:
    cdef readonly EdgeCounts owner
    cdef readonly bint is_common
    cdef size_t first
    cdef size_t cell_count
    cdef size_t next         # how far the present translation is
    cdef bint is_touched
    cdef EdgeSiteCells* sites
    cdef size_t site_count
    cdef size_t site_capacity

    cdef int begin(self) except -1
    cdef uint32_t add_edges(
        self, uint32_t func_number, size_t position, int kind, uint32_t count
    ) except? 0
    cdef int complete(self) except -1
    cdef uint32_t note_site(self, uint32_t number) noexcept
    cdef int touch(self) except -1
