"""Blocks and branches of register code."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.code_writer cimport CodeWriter
from contractvm.wasm.interpreter.injected_sequences cimport GasLocal
from contractvm.wasm.structure.instruction_reader cimport Instruction

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
    size_t start         # LOOP: where branches go
    int64_t fixups       # branches that wait for the end: a list through `fixups`
    int64_t else_fixup   # IF: the branch that skips the first arm, or -1
    bint is_targeted


cdef struct Fixup:
    int64_t next
    size_t word         # the word to write
    size_t instruction  # what the distance counts from


cdef struct Block:
    uint32_t params
    uint32_t results


cdef uint64_t NO_INDEX  # above every index


# The parts of a module that translation asks for, as C arrays.
cdef struct ModuleShape:
    Block* types
    uint32_t* canonical_types  # the first equal type
    uint32_t* func_types       # by func index
    uint32_t imported_funcs
    uint32_t imported_globals
    uint32_t own_globals
    uint8_t* global_types      # val types by global index
    # Of what was injected; NO_INDEX each where there is none.
    uint64_t gas_global
    uint64_t height_global
    uint64_t first_injected_func


cdef class BranchWriter(CodeWriter):
    cdef ModuleShape* shape
    cdef const uint8_t* body
    cdef size_t body_size
    cdef Label* labels
    cdef size_t label_capacity
    cdef size_t label_count
    cdef Fixup* fixups
    cdef size_t fixup_count
    cdef size_t fixup_capacity
    cdef bint is_live  # False in code that control cannot reach
    cdef size_t dead_depth  # blocks open in it
    cdef GasLocal gas  # of the func that is translated
    # By label: where the stub of the br_table is that is being translated, and which
    # br_table that is.
    cdef size_t* stubs
    cdef size_t stub_capacity
    cdef uint64_t* stub_tables
    cdef size_t table_capacity
    cdef uint64_t table_number

    cdef Block block_of(self, uint64_t block_type) noexcept
    cdef int begin(self, int kind, uint64_t block_type) except -1
    cdef int begin_loop(self, Instruction* instruction) except -1
    cdef uint32_t gas_cell(self) noexcept
    cdef int begin_if(self, uint64_t block_type) except -1
    cdef int begin_else(self) except -1
    cdef int end(self) except -1
    cdef int die(self) except -1
    cdef int64_t add_fixup(self, size_t word, size_t instruction) except -1
    cdef int patch(self, int64_t fixup, size_t target) except -1
    cdef int patch_all(self, Label* label) except -1
    cdef int target(self, Label* label, size_t word, size_t instruction) except -1
    cdef int emit_jump(
        self, Label* label, int operation, uint32_t b, uint32_t c
    ) except -1
    cdef uint32_t branch_arity(self, Label* label) noexcept
    cdef int move_results(self, Label* label) except -1
    cdef int emit_branch(self, Label* label) except -1
    cdef int emit_return(self) except -1
    cdef int take_condition(self, bint is_inverted, uint32_t* words) except -1
    cdef bint is_step(self) noexcept
    cdef int br(self, uint32_t depth) except -1
    cdef int br_if(self, uint32_t depth) except -1
    cdef bint branch_is_plain(self, Label* label) noexcept
    cdef int settle_branch(self, Label* label) except -1
    cdef int reserve_stubs(self) except -1
    cdef bint has_stub(self, size_t label_index) except -1
    cdef int br_table(self, Instruction* instruction) except -1
    cdef bint must_move(self, Label* label) noexcept
