"""From validated Wasm code to register code that counts the edges it passes."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.edge_counts cimport EdgeRegion
from contractvm.wasm.interpreter.translator cimport Translator
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef class CoveringTranslator(Translator):
    cdef EdgeRegion region
    cdef bint notes_comparisons
    cdef bint is_injected      # the func that is being translated
    cdef uint32_t func_number
    cdef size_t position       # of the instruction that is
    cdef uint32_t note_count
    # By canonical type: how many funcs are of it.
    cdef uint32_t* type_counts
    # By label of an `if`: where it is.
    cdef size_t* ifs
    cdef size_t if_capacity

    cdef int count_types(
        self, tuple func_type_indices, size_t type_count
    ) except -1
    cdef int pass_edge(self, int kind) except -1
    cdef int note(self, int kind, uint32_t slot, int64_t other) except -1
    cdef int note_operands(self, int kind) except -1
    cdef int note_zero_test(self, int kind) except -1
    cdef bint is_tested_next(self, Instruction* instruction) noexcept
