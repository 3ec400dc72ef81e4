"""The labels that are open in the func being translated."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer

cdef enum:
    FUNC_LABEL
    BLOCK_LABEL
    LOOP_LABEL
    IF_LABEL
    ELSE_LABEL


cdef struct Label:
    int kind             # one of the _LABEL kinds
    uint32_t params
    uint32_t results
    uint32_t height      # of the operand stack below the params
    size_t start         # LOOP: where branches go in the code; IF: place in the body
    int64_t fixups       # branches that wait for the end: a list through `fixups`
    int64_t else_fixup   # IF: the branch that skips the first arm, or -1
    bint is_targeted


cdef struct Fixup:
    int64_t next
    size_t word         # the word to write
    size_t instruction  # what the distance counts from


cdef inline uint32_t branch_arity(const Label* label) noexcept:
    """How many values a branch to the label takes along."""
    return label.params if label.kind == LOOP_LABEL else label.results


@cython.final
cdef class Labels:
    cdef CodeBuffer code
    cdef Label* labels
    cdef size_t label_capacity
    cdef size_t count
    cdef Fixup* fixups
    cdef size_t fixup_count
    cdef size_t fixup_capacity
    # By label: where the stub of the br_table is that is being translated, and which
    # br_table that is.
    cdef size_t* stubs
    cdef size_t stub_capacity
    cdef uint64_t* stub_tables
    cdef size_t table_capacity
    cdef uint64_t table_number

    cdef Label* push(self, int kind) except NULL
    cdef int64_t add_fixup(self, size_t word, size_t instruction) except -1
    cdef int patch(self, int64_t fixup) noexcept
    cdef int patch_all(self, Label* label) noexcept
    cdef int target(self, Label* label, size_t word, size_t instruction) except -1
    cdef int begin_table(self) except -1
    cdef bint has_stub(self, uint32_t depth) noexcept
    cdef int target_stub(
        self, uint32_t depth, size_t word, size_t instruction
    ) noexcept

    cdef inline Label* at(self, uint32_t depth) noexcept:
        return &self.labels[self.count - 1 - depth]
