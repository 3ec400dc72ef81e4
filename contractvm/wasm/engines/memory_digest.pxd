"""A hash of a memory's whole content."""

from libc.stdint cimport uint8_t, uint64_t


cdef bytes digest_range(const uint8_t* base, uint64_t size_bytes)
