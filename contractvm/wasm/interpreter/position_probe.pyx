"""Finds instructions by where their register code is.

Register code says nothing of the code that it comes from: that would take memory in
every module, for failures only. A translation that emits the same words again knows.
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.operand_stack cimport OperandStack
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef class PositionProbe(Probe):
    """Emits what another probe does; sees which instruction each word comes from."""

    def __cinit__(self, words):
        self.inner = Probe()
        self.words = tuple(sorted(set(words)))
        self.found = []

    cdef int wrap(self, Probe inner) except -1:
        """Emit what `inner` does: before a translation."""
        self.inner = inner
        self.splits_edges = inner.splits_edges
        self.keeps_loop_heads = inner.keeps_loop_heads
        return 0

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

    cdef int attach(
        self, CodeBuffer code, OperandStack stack, FuncSource source
    ) except -1:
        Probe.attach(self, code, stack, source)
        return self.inner.attach(code, stack, source)

    cdef int enter(self) except -1:
        self.mark()
        self.inner.enter()
        # It may say so of each func.
        self.splits_edges = self.inner.splits_edges
        return 0

    cdef int leave(self) except -1:
        return self.inner.leave()

    cdef int instruction(self, Instruction* instruction) except -1:
        self.mark()
        return self.inner.instruction(instruction)

    cdef int charge(self, bint is_free, uint64_t cost) except -1:
        self.mark()
        return self.inner.charge(is_free, cost)

    cdef int edge(self, int kind) except -1:
        return self.inner.edge(kind)

    cdef int compare(self, Instruction* instruction) except -1:
        return self.inner.compare(instruction)

    cdef int compare_switch(self, uint32_t slot, uint32_t count) except -1:
        return self.inner.compare_switch(slot, count)

    cdef int call(self, uint32_t func_index) except -1:
        return self.inner.call(func_index)

    cdef int call_indirect(self, Instruction* instruction) except -1:
        return self.inner.call_indirect(instruction)

    def positions(self):
        """By word: the func's number, and the instruction's offset in its body."""
        if self.code is not None:
            self.pass_words(self.code.size)
        return dict(zip(self.words, self.found))
