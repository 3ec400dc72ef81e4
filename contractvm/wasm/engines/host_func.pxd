"""Functions that a host gives to instances."""


cdef class HostFunc:
    cdef readonly object func_type
    cdef readonly object call
    cdef readonly bint takes_context
