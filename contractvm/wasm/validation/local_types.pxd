"""The types of a func's locals, found by index."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from contractvm.wasm.validation.module_context cimport TypeList

cdef enum:
    FIRST_LOCALS = 64
    NO_LOCAL = -2


cdef class LocalTypes:
    # Parameters, the first few other locals, then all groups of these by their ends.
    cdef TypeList params
    cdef uint8_t first_locals[FIRST_LOCALS]
    cdef uint64_t* group_ends
    cdef uint8_t* group_types
    cdef size_t group_count
    cdef size_t group_capacity

    cdef int set(self, TypeList params, tuple local_groups) except -1
    cdef int reserve(self, size_t count) except -1
    cdef int get(self, uint64_t local_index) noexcept
