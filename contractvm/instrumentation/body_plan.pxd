"""What is to be written into one func's body, and where."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t

cdef enum Kind:
    CHARGE = 0
    SIZED = 1
    RETURN = 2

# In the place of a charge's units: no instruction of the block can run.
cdef enum:
    NOTHING_RUNS = -1

cdef struct Insertion:
    Kind kind
    int64_t position
    int64_t amount  # units; units for each; the depth of the body's label


cdef class BodyPlan:
    # By position; at one position, the block's charge comes first.
    cdef Insertion* insertions
    cdef size_t count

    cdef int allocate(self, size_t count) except -1
    cdef list entries(self, Kind kind)


cdef BodyPlan make_plan(
    const Insertion* insertions, size_t count, bint keep_free_charges
)
