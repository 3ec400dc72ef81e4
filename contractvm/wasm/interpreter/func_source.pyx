# cython: nonecheck=False
"""What is being translated: a module's shape, and one func's body after the other."""

cimport cython
from libc.stdint cimport uint64_t

cdef uint64_t NO_INDEX = 1 << 32
cdef uint64_t UNKNOWN = NO_INDEX + 1


@cython.final
cdef class FuncSource:
    """The func that is being translated, and how far translation is in it."""
