"""Counts of the sites that register code passes, and its calls as a tree."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.probe cimport Probe


cdef struct SiteCells:
    uint32_t func_number
    int kind
    size_t position
    uint64_t units


@cython.final
cdef class SiteProbe(Probe):
    cdef int tracing
    cdef bint traces_blocks
    cdef bint counts_charges
    # By number of a func that the module defines: -1, or the price of a sized charger.
    cdef int64_t* prices
    cdef size_t func_count
    cdef SiteCells* sites
    cdef size_t site_count
    cdef size_t site_capacity
    # With a list of sites: the first that is not behind, and whether there is a list.
    cdef size_t next_site
    cdef bint is_listed

    cdef int find_chargers(self, tuple funcs) except -1
    cdef int take_sites(self, listed) except -1
    cdef int pass_sites(self) except -1
    cdef uint32_t add_site(self, int kind, uint64_t units) except? 0
    cdef int count(self, int kind, uint64_t units) except -1
    cdef int emit_count(self, uint32_t site, uint64_t units) except -1
    cdef int emit_sized(self, uint32_t site, uint32_t price) except -1
    cdef int count_sized(self, int kind, uint32_t price) except -1
    cdef bint is_charger(self) noexcept
