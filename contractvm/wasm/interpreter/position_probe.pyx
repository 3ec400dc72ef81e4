"""Finds instructions by where their register code is.

Register code says nothing of the code that it comes from: that would take memory in
every module, for failures only. A translation that emits the same words again knows.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t

from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef class PositionProbe(Probe):
    """Emits nothing; sees which instruction each of some words comes from."""

    def __cinit__(self, words):
        self.words = tuple(sorted(set(words)))
        self.found = []

    cdef int pass_words(self, size_t end) except -1:
        """Words before `end` are of the instruction before, if not of an earlier."""
        while len(self.found) < len(self.words) and self.words[len(self.found)] < end:
            self.found.append((self.func_number, self.position))
        return 0

    cdef int mark(self) except -1:
        self.pass_words(self.code.size)
        self.func_number = self.source.func_number
        self.position = self.source.position
        return 0

    cdef int enter(self) except -1:
        return self.mark()

    cdef int instruction(self, Instruction* instruction) except -1:
        return self.mark()

    cdef int charge(self, int64_t cell, uint64_t cost) except -1:
        return self.mark()

    def positions(self):
        """By word: the func's number, and the instruction's offset in its body."""
        if self.code is not None:
            self.pass_words(self.code.size)
        return dict(zip(self.words, self.found))
