"""Counts of the edges that register code passes."""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t

from contractvm.wasm.interpreter.edge_counts cimport EdgeRegion
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction


@cython.final
cdef class EdgeProbe(Probe):
    cdef EdgeRegion region
    cdef bint notes_comparisons
    # Whether an instruction is the contract's own; None where all are.
    cdef object is_own
    cdef uint32_t note_count
    # By canonical type: how many funcs are of it.
    cdef uint32_t* type_counts

    cdef int count_types(
        self, tuple func_type_indices, size_t type_count
    ) except -1
    cdef bint is_injected(self) except -1
    cdef int count_edge(self, int kind) except -1
    cdef uint32_t next_note(self, int kind) noexcept
    cdef int note_operands(self, int kind) except -1
    cdef int note_zero_test(self, int kind) except -1
    cdef bint is_tested_next(self, Instruction* instruction) noexcept
