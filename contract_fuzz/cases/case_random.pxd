"""Random numbers of one case."""

from libc.stdint cimport uint64_t


cdef class CaseRandom:
    cdef uint64_t _state
    cpdef void restart(self, uint64_t seed, uint64_t number)
    cdef uint64_t next(self) noexcept
    cpdef uint64_t below(self, uint64_t bound) except? 0
    cpdef bint one_in(self, uint64_t bound) except? 0
