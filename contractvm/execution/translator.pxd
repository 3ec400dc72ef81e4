"""From validated Wasm code to register code."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.structure.instruction_reader cimport Instruction


# An entry of the operand stack while translating: where its value is.
cdef struct Entry:
    int kind          # OWN: in the entry's own slot; LOCAL; CONSTANT
    uint32_t local
    int64_t previous  # LOCAL: the next lower entry that waits for the same local, or -1
    uint64_t value


# How an opcode is translated. Operation 0 (unreachable) stands for "no such variant".
cdef struct Rule:
    int kind
    int operation
    int with_constant     # the right operand, or the stored value, is constant
    int swapped           # the same with operands exchanged
    int swapped_constant  # the left operand is constant: exchanged
    int at                # the address is constant
    int at_with_constant
    int operand_bits      # of a constant operand; 64-bit ones must fit 32, signed
    int params
    int results


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


cdef struct Call:
    size_t instruction
    uint32_t func_index


cdef struct Block:
    uint32_t params
    uint32_t results


# The parts of a module that translation asks for, as C arrays.
cdef struct ModuleShape:
    Block* types
    uint32_t* canonical_types  # the first equal type
    uint32_t* func_types       # by func index
    uint32_t imported_funcs
    uint32_t imported_globals
    uint32_t own_globals
    uint8_t* global_types      # val types by global index


cdef class Translator:
    cdef ModuleShape* shape
    # The register code of all funcs, and the calls in it to be resolved at the end.
    cdef uint32_t* code
    cdef size_t code_size
    cdef size_t code_capacity
    cdef Call* calls
    cdef size_t call_count
    cdef size_t call_capacity
    # The func being translated.
    cdef const uint8_t* body
    cdef size_t body_size
    cdef uint32_t local_count
    cdef Entry* entries
    cdef size_t entry_capacity
    cdef size_t height
    cdef size_t max_height
    cdef size_t settled  # entries below wait for no local
    cdef int64_t* waiting  # by local: the highest entry that waits for it, or -1
    cdef size_t waiting_capacity
    cdef Label* labels
    cdef size_t label_capacity
    cdef size_t label_count
    cdef Fixup* fixups
    cdef size_t fixup_count
    cdef size_t fixup_capacity
    # Position of the instruction that made the top entry when the stack was so high.
    cdef int64_t producer
    cdef size_t producer_height
    # Position of an instruction that can do the next one as well, or -1.
    cdef int64_t fusible
    # Position of an instruction whose result went straight to a local, or -1.
    cdef int64_t stepped
    # The slot whose value the accumulator holds as well, or -1.
    cdef int64_t accumulated
    cdef bint is_live
    cdef size_t dead_depth

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0
    cdef int reserve_locals(self) except -1
    cdef int reserve_code(self, size_t words) except -1
    cdef int emit(self, int operation, uint32_t a, uint32_t b, uint32_t c) except -1
    cdef int emit_unit(self, uint32_t word) except -1
    cdef uint32_t own_slot(self, size_t index) noexcept
    cdef int push(self, int kind, uint32_t local, uint64_t value) except -1
    cdef int push_result(self) except -1
    cdef int push_own(self, size_t count) except -1
    cdef Entry* pop(self) noexcept
    cdef int settle(self, size_t index) except -1
    cdef int settle_top(self, size_t count) except -1
    cdef int settle_locals(self) except -1
    cdef int settle_local(self, uint32_t local) except -1
    cdef int put(self, Entry* entry, size_t index, uint32_t slot) except -1
    cdef int64_t slot_of_popped(self) except -1
    cdef bint is_produced(self) noexcept
    cdef int translate_instruction(self, Instruction* instruction) except -1
    cdef int translate_dead(self, Instruction* instruction) except -1
    cdef int binary(self, Instruction* instruction) except -1
    cdef int unary(self, Instruction* instruction) except -1
    cdef int load(self, Instruction* instruction) except -1
    cdef int store(self, Instruction* instruction) except -1
    cdef int in_place(self, Instruction* instruction) except -1
    cdef int select(self) except -1
    cdef bint fits(self, Entry* entry, Rule* rule) noexcept
    cdef int local_set(self, uint32_t local) except -1
    cdef int global_get(self, Instruction* instruction) except -1
    cdef int charge(
        self, int operation, uint32_t global_index, uint64_t cost
    ) except -1
    cdef bint is_fusible(self) noexcept
    cdef int global_set(self, uint32_t global_index) except -1
    cdef int call(self, uint32_t func_index) except -1
    cdef int call_indirect(self, uint32_t type_index, uint32_t table_index) except -1
    cdef Block block_of(self, uint64_t block_type) noexcept
    cdef int begin(self, int kind, uint64_t block_type) except -1
    cdef int begin_loop(self, Instruction* instruction) except -1
    cdef int begin_if(self, uint64_t block_type) except -1
    cdef int begin_else(self) except -1
    cdef int end(self) except -1
    cdef int drop_to(self, size_t height) except -1
    cdef int die(self) except -1
    cdef int64_t add_fixup(self, size_t word, size_t instruction) except -1
    cdef uint32_t branch_arity(self, Label* label) noexcept
    cdef bint branch_is_plain(self, Label* label) noexcept
    cdef bint must_move(self, Label* label) noexcept
    cdef int settle_branch(self, Label* label) except -1
    cdef int patch_all(self, Label* label) except -1
    cdef int patch(self, int64_t fixup, size_t target) except -1
    cdef int emit_jump(
        self, Label* label, int operation, uint32_t b, uint32_t c
    ) except -1
    cdef int target(self, Label* label, size_t word, size_t instruction) except -1
    cdef int move_results(self, Label* label) except -1
    cdef int emit_branch(self, Label* label) except -1
    cdef int emit_return(self) except -1
    cdef int take_condition(self, bint is_inverted, uint32_t* words) except -1
    cdef bint is_step(self) noexcept
    cdef int br(self, uint32_t depth) except -1
    cdef int br_if(self, uint32_t depth) except -1
    cdef int br_table(self, Instruction* instruction) except -1
    cdef size_t match_charge(self, Instruction* first, uint64_t* cost) noexcept
    cdef size_t match_stack_enter(
        self, Instruction* first, uint32_t* count, uint32_t* limit
    ) noexcept
    cdef size_t match_stack_leave(self, Instruction* first, uint32_t* count) noexcept
    cdef int resolve_calls(self, size_t* starts, uint32_t* frame_slots) except -1
