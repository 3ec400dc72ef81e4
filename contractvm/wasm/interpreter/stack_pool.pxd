"""A cache of the stacks of executions."""

from libc.stddef cimport size_t


cdef void* take_stack(size_t size) except NULL
cdef int give_stack(void* base, size_t size, bint is_deep) noexcept
