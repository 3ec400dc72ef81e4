"""Finds instructions by where their register code is."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from contractvm.wasm.interpreter.probe cimport Probe


cdef class PositionProbe(Probe):
    cdef Probe inner
    cdef tuple words
    cdef list found
    # The instruction whose register code is being written.
    cdef uint32_t func_number
    cdef size_t position

    cdef int wrap(self, Probe inner) except -1
    cdef int pass_words(self, size_t end) except -1
    cdef int mark(self) except -1
