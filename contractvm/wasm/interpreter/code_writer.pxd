"""Register code being written."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

# Where the values of an entry of the operand stack are.
cdef enum:
    OWN       # in their own slots
    LOCAL     # still in a local
    CONSTANT


# One value, or a run of values that are all in their own slots: what a call with a
# thousand results pushes is one entry.
cdef struct Entry:
    int kind
    uint32_t first    # height below it
    uint32_t count    # values; 1 unless OWN
    uint32_t local
    int64_t previous  # LOCAL: the next lower entry that waits for the same local, or -1
    uint64_t value


cdef void* grown(void* array, size_t* capacity, size_t needed, size_t size) except NULL


cdef class CodeWriter:
    # The register code of all funcs.
    cdef uint32_t* code
    cdef size_t code_size
    cdef size_t code_capacity
    # The frame and the operand stack of the func being translated.
    cdef uint32_t local_count
    cdef Entry* entries
    cdef size_t entry_capacity
    cdef size_t entry_count
    cdef size_t height  # in values, as all heights
    cdef size_t max_height
    cdef size_t popped  # the entry of the value popped last
    cdef size_t settled  # so many of the lowest entries wait for no local
    cdef int64_t* waiting  # by local: the highest entry that waits for it, or -1
    cdef size_t waiting_capacity
    # Position of the instruction that made the top entry when the stack was so high.
    cdef int64_t producer
    cdef size_t producer_height
    # Position of an instruction that can do the next one as well, or -1.
    cdef int64_t fusible
    # Position of an instruction whose result went straight to a local, or -1.
    cdef int64_t stepped
    # The slot whose value the accumulator holds as well, or -1.
    cdef int64_t accumulated

    cdef int begin_func(self, uint32_t local_count) except -1
    cdef int forget_last(self) noexcept
    cdef int reserve_locals(self) except -1
    cdef int reserve_code(self, size_t words) except -1
    cdef int emit(self, int operation, uint32_t a, uint32_t b, uint32_t c) except -1
    cdef int emit_unit(self, uint32_t word) except -1
    cdef uint32_t own_slot(self, size_t index) noexcept
    cdef int push_entry(
        self, int kind, uint32_t count, uint32_t local, uint64_t value
    ) except -1
    cdef int push(self, int kind, uint32_t local, uint64_t value) except -1
    cdef int push_result(self) except -1
    cdef int push_own(self, uint32_t count) except -1
    cdef Entry* top(self) noexcept
    cdef Entry* below_top(self) noexcept
    cdef Entry* pop(self) noexcept
    cdef int put(self, Entry* entry, size_t index, uint32_t slot) except -1
    cdef int settle(self, Entry* entry) except -1
    cdef int settle_top(self, uint32_t count) except -1
    cdef int settle_locals(self) except -1
    cdef int settle_local(self, uint32_t local) except -1
    cdef int64_t slot_of_popped(self) except -1
    cdef bint is_produced(self) noexcept
    cdef int drop_to(self, size_t height) except -1
    cdef int charge(
        self, int operation, uint32_t global_index, uint64_t cost
    ) except -1
    cdef bint is_fusible(self) noexcept
