"""A function that a module defines."""


cdef class Func:
    cdef readonly object type_index
    cdef readonly tuple local_groups
    cdef readonly bytes code
    cdef readonly object offset

    cdef object count_locals(self)


cdef Func make_func(object type_index, tuple local_groups, bytes code, object offset)
