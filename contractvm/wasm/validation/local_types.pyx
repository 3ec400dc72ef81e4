# cython: nonecheck=False
"""The types of a func's locals, found by index.

A func declares its locals in groups, and a group may have four billion of them, so they
are never written out: the first few are, and the others are found by bisection.
"""

from libc.stdlib cimport free, realloc
from libc.stdint cimport uint32_t
from libc.string cimport memset


cdef class LocalTypes:
    """The locals of one func after another."""

    def __dealloc__(self):
        free(self.group_ends)
        free(self.group_types)

    cdef int set(self, TypeList params, tuple local_groups) except -1:
        """Begin with a func; the arrays are kept from the one before."""
        cdef size_t group_count = len(local_groups)
        cdef size_t index = 0
        cdef uint64_t end = 0
        cdef uint64_t start
        cdef uint64_t first_end
        cdef uint8_t val_type
        self.params = params
        self.reserve(group_count)
        for count, group_type in local_groups:
            # index < group_count <= group_capacity.
            start = end
            end += <uint32_t>count
            val_type = group_type
            self.group_ends[index] = end
            self.group_types[index] = val_type
            if start < FIRST_LOCALS:
                first_end = min(end, <uint64_t>FIRST_LOCALS)
                memset(&self.first_locals[start], val_type, first_end - start)
            index += 1
        self.group_count = group_count
        return 0

    cdef int reserve(self, size_t count) except -1:
        cdef void* grown
        if count <= self.group_capacity:
            return 0
        # A count of Python objects times eight cannot wrap.
        grown = realloc(self.group_ends, count * sizeof(uint64_t))
        if grown == NULL:
            raise MemoryError
        self.group_ends = <uint64_t*>grown
        grown = realloc(self.group_types, count)
        if grown == NULL:
            raise MemoryError
        self.group_types = <uint8_t*>grown
        self.group_capacity = count
        return 0

    cdef int get(self, uint64_t local_index) noexcept:
        """The type of one local, NO_LOCAL where there is none."""
        cdef size_t low = 0
        cdef size_t high = self.group_count
        cdef size_t middle
        cdef uint64_t index
        if local_index < self.params.count:
            return self.params.types[local_index]
        index = local_index - self.params.count
        if high == 0 or index >= self.group_ends[high - 1]:
            return NO_LOCAL
        if index < FIRST_LOCALS:
            return self.first_locals[index]
        # The first group that ends after `index`; there is one, by the comparison
        # above, and low < high <= group_count holds at every reading.
        while low < high:
            middle = low + (high - low) // 2
            if self.group_ends[middle] > index:
                high = middle
            else:
                low = middle + 1
        return self.group_types[low]
