"""The plan of one func's body: what is written into it, and where."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

cdef enum Kind:
    LOAD = 0
    CHARGE = 1
    SIZED = 2
    HOOK = 3
    RETURN = 4
    NOTHING = 5  # a charge of a block none of whose instructions can run

cdef struct Insertion:
    Kind kind
    int64_t position
    uint64_t amount  # units; units for each; the depth of the body's label; else 0


cdef class BodyPlan:
    # By position; at one position, a load and then the block's charge come first.
    cdef Insertion* insertions
    cdef size_t count
    cdef readonly bint has_gas_local

    cdef int allocate(self, size_t count) except -1


cdef BodyPlan make_plan(
    const Insertion* insertions,
    size_t count,
    bint keep_free_charges,
    bint has_gas_local,
)
