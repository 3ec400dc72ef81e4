# cython: nonecheck=False
"""The labels that are open in the func being translated, and the branches to them.

A branch is patched once, when its label's end is reached.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer, grown


@cython.final
cdef class Labels:
    """One func's after the other's; they write distances into the code."""

    def __cinit__(self, CodeBuffer code not None):
        self.code = code

    def __dealloc__(self):
        free(self.labels)
        free(self.fixups)
        free(self.stubs)
        free(self.stub_tables)

    cdef Label* push(self, int kind) except NULL:
        """Open a label; its params, results, height and start are the caller's."""
        cdef Label* label
        self.labels = <Label*>grown(
            self.labels, &self.label_capacity, self.count + 1, sizeof(Label)
        )
        label = &self.labels[self.count]
        self.count += 1
        label.kind = kind
        label.fixups = -1
        label.else_fixup = -1
        label.is_targeted = False
        return label

    cdef int64_t add_fixup(self, size_t word, size_t instruction) except -1:
        cdef Fixup* fixup
        self.fixups = <Fixup*>grown(
            self.fixups, &self.fixup_capacity, self.fixup_count + 1, sizeof(Fixup)
        )
        fixup = &self.fixups[self.fixup_count]
        fixup.next = -1
        fixup.word = word
        fixup.instruction = instruction
        self.fixup_count += 1
        return <int64_t>self.fixup_count - 1

    cdef int patch(self, int64_t fixup) noexcept:
        """Let a branch come here."""
        cdef Fixup* entry = &self.fixups[fixup]
        self.code.set_distance(entry.word, entry.instruction, self.code.size)
        return self.code.forget_last()

    cdef int patch_all(self, Label* label) noexcept:
        """Let every branch that waits for this label's end come here."""
        cdef int64_t fixup = label.fixups
        while fixup >= 0:
            self.patch(fixup)
            fixup = self.fixups[fixup].next
        return 0

    cdef int target(self, Label* label, size_t word, size_t instruction) except -1:
        """Let a word hold the distance from an instruction to a label."""
        cdef int64_t fixup
        if label.kind == LOOP_LABEL:
            return self.code.set_distance(word, instruction, label.start)
        fixup = self.add_fixup(word, instruction)
        self.fixups[fixup].next = label.fixups
        label.fixups = fixup
        label.is_targeted = True
        return 0

    cdef int begin_table(self) except -1:
        """Room for a stub of every label; a number of a br_table is never 0."""
        cdef size_t known = self.table_capacity
        cdef size_t index
        self.stubs = <size_t*>grown(
            self.stubs, &self.stub_capacity, self.count, sizeof(size_t)
        )
        self.stub_tables = <uint64_t*>grown(
            self.stub_tables, &self.table_capacity, self.count, sizeof(uint64_t)
        )
        for index in range(known, self.table_capacity):
            self.stub_tables[index] = 0
        self.table_number += 1
        return 0

    cdef bint has_stub(self, uint32_t depth) noexcept:
        """True if the br_table has a stub for a label; if not, it begins here."""
        # A valid depth: index < count, the least length of both arrays.
        cdef size_t index = self.count - 1 - depth
        if self.stub_tables[index] == self.table_number:
            return True
        self.stub_tables[index] = self.table_number
        self.stubs[index] = self.code.size
        return False

    cdef int target_stub(
        self, uint32_t depth, size_t word, size_t instruction
    ) noexcept:
        """Let a word hold the distance from an instruction to a label's stub."""
        return self.code.set_distance(
            word, instruction, self.stubs[self.count - 1 - depth]
        )
