"""Register code being written."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t


cdef void* grown(void* array, size_t* capacity, size_t needed, size_t size) except NULL


@cython.final
cdef class CodeBuffer:
    # The register code of all funcs, in words.
    cdef uint32_t* words
    cdef size_t size
    cdef size_t capacity
    # Position of the instruction that made the top operand, or -1.
    cdef int64_t producer
    # Position of an instruction that can do the next one as well, or -1.
    cdef int64_t fusible
    # Position of the last charge, or -1.
    cdef int64_t charged
    # Position of an instruction whose result went straight to a local, or -1.
    cdef int64_t stepped
    # The slot whose value the accumulator holds as well, or -1.
    cdef int64_t accumulated
    # Position of the last instruction that computed a value, or -1, and of the one
    # that did so before.
    cdef int64_t computed
    cdef int64_t computed_before
    # What that one does alone, if the last does its work with it; else 0.
    cdef uint32_t alone
    # Position of a move that can do the next one as well, or -1.
    cdef int64_t moved

    cdef int reserve(self, size_t words) except -1
    cdef int emit(self, int operation, uint32_t a, uint32_t b, uint32_t c) except -1
    cdef int emit_unit(self, uint32_t word) except -1
    cdef int emit_table(self, uint32_t slot, uint32_t count) except -1
    cdef int charge(self, int operation, bint is_free, uint64_t cost) except -1

    cdef int do_with_last(self, int operation) noexcept
    cdef int jump_back_with_last(self) noexcept
    cdef bint leave_and_return(
        self, int operation, int with_charge, uint32_t slot
    ) noexcept

    cdef inline int forget_last(self) noexcept:
        """A branch may come in here: the last instruction stays unchanged."""
        self.producer = self.fusible = self.accumulated = self.stepped = -1
        self.charged = self.computed = self.computed_before = self.moved = -1
        self.alone = 0
        return 0

    cdef inline bint is_last(self, int64_t position) noexcept:
        """True if an instruction's position, not -1, is the last one's."""
        return position >= 0 and position + 4 == <int64_t>self.size

    cdef inline int take_back(self, int64_t position) noexcept:
        """Remove the last instruction, of which the accumulator knows no more.

        It is one that computes a value. The one before does no more than its own work.
        """
        self.size = <size_t>position
        if self.alone:
            self.words[position - 4] = self.alone
            self.alone = 0
        self.producer = self.stepped = self.accumulated = -1
        self.computed = self.computed_before
        self.computed_before = -1
        return 0

    cdef inline int write_to_local(self, uint32_t local) noexcept:
        """Let the instruction that made the top operand write to a local instead."""
        if self.accumulated == self.words[self.producer + 1]:
            self.accumulated = local
        self.words[self.producer + 1] = local
        self.stepped = self.producer
        return 0

    cdef inline int set_distance(
        self, size_t word, size_t instruction, size_t target
    ) noexcept:
        """Let a word hold the distance from an instruction to a position."""
        self.words[word] = <uint32_t>(<int64_t>target - <int64_t>instruction)
        return 0
