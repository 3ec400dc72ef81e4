"""What is to be written into one func's body, and where."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

cdef enum Kind:
    LOAD = 0
    CHARGE = 1
    SIZED = 2
    RETURN = 3

# In the place of a charge's units: no instruction of the block can run.
cdef enum:
    NOTHING_RUNS = -1

cdef struct Insertion:
    Kind kind
    int64_t position
    int64_t amount  # units; units for each; the depth of the body's label; LOAD: 0


cdef class BodyPlan:
    # By position; at one position, a load and then the block's charge come first.
    cdef Insertion* insertions
    cdef size_t count
    cdef readonly bint has_gas_local

    cdef int allocate(self, size_t count) except -1


cdef BodyPlan make_plan(
    const Insertion* insertions, size_t count, bint keep_free_charges, bint has_loop
)
