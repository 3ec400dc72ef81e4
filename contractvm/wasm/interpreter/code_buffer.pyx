# cython: nonecheck=False
"""Register code being written.

The last instruction may be changed as long as no branch comes in after it: `producer`,
`fusible`, `charged`, `stepped`, `accumulated`, `computed` and `moved` say how, and are
all forgotten at every label (`forget_last`).
"""

cimport cython
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.operation_rules cimport (
    OperationFacts, both_of, facts_of,
)

from contractvm.errors import InternalError


cdef void* grown(void* array, size_t* capacity, size_t needed, size_t size) except NULL:
    """`array` with room for `needed` items; at least doubled where it must grow."""
    cdef size_t wanted = capacity[0] * 2
    cdef void* larger
    if needed <= capacity[0] and array != NULL:
        return array
    if wanted < needed:
        wanted = needed
    if wanted < 16:
        wanted = 16
    larger = realloc(array, wanted * size)
    if larger == NULL:
        raise InternalError("out of memory in translation")
    capacity[0] = wanted
    return larger


@cython.final
cdef class CodeBuffer:
    """One code array for all funcs of a module."""

    def __dealloc__(self):
        free(self.words)

    cdef int reserve(self, size_t words) except -1:
        # Distances are signed 32-bit numbers of words.
        if self.size + words > 0x7FFFFFFF:
            raise InternalError("the module's register code is too large")
        self.words = <uint32_t*>grown(
            self.words, &self.capacity, self.size + words, sizeof(uint32_t)
        )
        return 0

    cdef int emit(self, int operation, uint32_t a, uint32_t b, uint32_t c) except -1:
        cdef const OperationFacts* facts = facts_of(operation)
        cdef uint32_t* words
        self.reserve(4)
        self.alone = 0
        if operation == machine.OP_MOVE and self.is_last(self.moved):
            self.words[self.moved] = machine.OP_MOVE_MOVE
            if self.computed >= 0 and self.computed + 4 == self.moved:
                self.do_with_last(machine.OP_MOVE_MOVE)
            self.moved = -1
        elif operation == machine.OP_MOVE:
            self.moved = <int64_t>self.size
        words = self.words + self.size
        if self.accumulated == <int64_t>b and facts.from_accumulator:
            operation = facts.from_accumulator
            facts = facts_of(operation)
        elif self.accumulated == <int64_t>a and facts.to_accumulator:
            operation = facts.to_accumulator
            facts = facts_of(operation)
        if facts.is_second and self.is_last(self.computed):
            self.do_with_last(operation)
        if facts.is_computing:
            self.accumulated = a
            self.computed_before = self.computed
            self.computed = <int64_t>self.size
        elif not facts.is_keeping:
            self.accumulated = -1
        words[0] = operation
        words[1] = a
        words[2] = b
        words[3] = c
        self.size += 4
        return 0

    cdef int do_with_last(self, int operation) noexcept:
        """Let the last that computes do the next one in passing, if it can."""
        cdef int both = both_of(self.words[self.computed], operation)
        if both:
            self.alone = self.words[self.computed]
            self.words[self.computed] = both
        return 0

    cdef int jump_back_with_last(self) noexcept:
        """Let the last instruction, if it counts a local, jump back in passing."""
        cdef uint32_t* last
        if self.is_last(self.stepped):
            last = self.words + self.stepped
            if facts_of(last[0]).then_loop:
                last[0] = facts_of(last[0]).then_loop
        return 0

    cdef int emit_unit(self, uint32_t word) except -1:
        """The second unit of an instruction that needs more words."""
        cdef size_t index
        self.reserve(4)
        self.words[self.size] = word
        for index in range(1, 4):
            self.words[self.size + index] = 0
        self.size += 4
        return 0

    cdef int emit_table(self, uint32_t slot, uint32_t count) except -1:
        """A branch by a slot's number, with zeros for its distances, the default's too.

        They stand in whole units.
        """
        cdef size_t words = ((<size_t>count + 1) + 3) // 4 * 4
        cdef size_t index
        self.reserve(4 + words)
        self.emit(machine.OP_BR_TABLE, 0, slot, count)
        for index in range(words):
            self.words[self.size + index] = 0
        self.size += words
        return 0

    cdef int charge(self, int operation, bint is_free, uint64_t cost) except -1:
        """A charge; a branch or entry just before it does it in passing."""
        cdef uint32_t* last
        if self.is_last(self.fusible):
            last = self.words + self.fusible
            if last[0] == machine.OP_STACK_ENTER:
                last[0] = machine.OP_STACK_ENTER_CHARGE
            elif facts_of(last[0]).then_charge and operation == machine.OP_CHARGE:
                last[0] = facts_of(last[0]).then_charge
        self.charged = <int64_t>self.size if operation == machine.OP_CHARGE else -1
        return self.emit(operation, is_free, <uint32_t>cost, <uint32_t>(cost >> 32))

    cdef bint leave_and_return(
        self, int operation, int with_charge, uint32_t slot
    ) noexcept:
        """Let the last instruction, if it lowers the stack height, also return.

        A charge just before it does both in passing.
        """
        cdef uint32_t* last
        if not self.is_last(self.fusible):
            return False
        last = self.words + self.fusible
        if last[0] != machine.OP_STACK_LEAVE:
            return False
        last[0] = operation
        last[3] = slot
        if self.charged >= 0 and self.charged + 4 == self.fusible:
            self.words[self.charged] = with_charge
        return True
