"""The operand stack of the func being translated."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer

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


@cython.final
cdef class OperandStack:
    cdef CodeBuffer code
    cdef uint32_t local_count
    cdef Entry* entries
    cdef size_t entry_capacity
    cdef size_t entry_count
    cdef size_t height  # in values, as all heights
    cdef size_t max_height
    cdef size_t popped  # the entry of the value popped last
    cdef size_t settled  # this many of the lowest entries wait for no local
    cdef int64_t* waiting  # by local: the highest entry that waits for it, or -1
    cdef size_t waiting_capacity
    cdef size_t producer_height  # just after the code's `producer`

    cdef int begin_func(self, uint32_t local_count) except -1
    cdef int reserve_locals(self) except -1
    cdef int push_entry(
        self, int kind, uint32_t count, uint32_t local, uint64_t value
    ) except -1
    cdef int push_result(self) except -1
    cdef int push_own(self, uint32_t count) except -1
    cdef int put(self, Entry* entry, size_t index, uint32_t slot) except -1
    cdef int settle(self, Entry* entry) except -1
    cdef int settle_top(self, uint32_t count) except -1
    cdef int settle_all_locals(self) except -1
    cdef int settle_local(self, uint32_t local) except -1
    cdef int move_top(self, uint32_t count, uint32_t to) except -1
    cdef int drop_to(self, size_t height) except -1

    cdef inline uint32_t own_slot(self, size_t index) noexcept:
        return self.local_count + <uint32_t>index

    cdef inline uint32_t next_slot(self) noexcept:
        """The own slot of the next value to be pushed."""
        return self.local_count + <uint32_t>self.height

    cdef inline Entry* top(self) noexcept:
        """The entry that the top value belongs to."""
        return &self.entries[self.entry_count - 1]

    cdef inline Entry* below_top(self) noexcept:
        """The entry that the value below the top one belongs to."""
        cdef Entry* entry = self.top()
        return entry if entry.count > 1 else entry - 1

    cdef inline Entry* pop(self) noexcept:
        """Remove the top value; its entry stays unchanged until the next push."""
        cdef Entry* entry = &self.entries[self.entry_count - 1]
        self.height -= 1
        if entry.count > 1:
            entry.count -= 1
            self.popped = self.entry_count - 1
            return entry
        self.entry_count -= 1
        self.popped = self.entry_count
        # The top entry is the highest one that waits for its local.
        if entry.kind == LOCAL:
            self.waiting[entry.local] = entry.previous
        if self.settled > self.entry_count:
            self.settled = self.entry_count
        return entry

    cdef inline uint32_t slot_of(self, Entry* entry, size_t index) noexcept:
        """The slot of an entry's value at height `index`; the entry is no constant."""
        return entry.local if entry.kind == LOCAL else self.own_slot(index)

    cdef inline int64_t slot_of_popped(self) except -1:
        """The slot that holds the value just popped; a constant is put into its own."""
        cdef Entry* entry = &self.entries[self.popped]
        if entry.kind == LOCAL:
            return entry.local
        if entry.kind == CONSTANT:
            self.put(entry, self.height, self.next_slot())
        return self.next_slot()

    cdef inline bint is_produced(self) noexcept:
        """True if the last instruction wrote the top entry and no branch comes in."""
        return (
            self.code.is_last(self.code.producer)
            and self.producer_height == self.height
            and self.top().kind == OWN
        )
