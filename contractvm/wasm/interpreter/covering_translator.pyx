# cython: nonecheck=False
"""From validated Wasm code to register code that counts the edges it passes.

The translator of all code, with a counting operation on every edge of control flow: a
branch goes around its taken edge's count, every target of a switch has a stub of its
own, an `if` without an else gets one. Injected code is not the contract's: its
sequences are recognised and have no edges, and neither have its funcs. So the edges of
a module, and their order, are those of the module as it was written.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.branch_writer cimport IF_LABEL, LOOP_LABEL, Label
from contractvm.wasm.interpreter.code_writer cimport (CONSTANT, LOCAL, Entry, grown)
from contractvm.wasm.interpreter.edge_counts cimport EdgeRegion
from contractvm.wasm.interpreter.operation_rules cimport facts_of
from contractvm.wasm.interpreter.translator cimport Translator
from contractvm.wasm.structure.instruction_reader cimport (
    Instruction, read_instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_BR_IF, OP_I32_EQ, OP_I32_EQZ, OP_I32_GE_U, OP_I32_NE, OP_I32_OR, OP_I32_XOR,
    OP_I64_EQ, OP_I64_EQZ, OP_I64_GE_U, OP_I64_NE, OP_I64_OR, OP_I64_XOR, OP_IF,
)

from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import ComparisonKind, EdgeKind

cdef enum:
    # A call_indirect has a cell for each func of its type, up to here.
    MAX_INDIRECT_CELLS = 64

cdef int ENTRY_EDGE = EdgeKind.ENTRY
cdef int TAKEN_EDGE = EdgeKind.TAKEN
cdef int NOT_TAKEN_EDGE = EdgeKind.NOT_TAKEN
cdef int IF_TRUE_EDGE = EdgeKind.IF_TRUE
cdef int IF_FALSE_EDGE = EdgeKind.IF_FALSE
cdef int BACK_EDGE = EdgeKind.BACK
cdef int SWITCH_EDGE = EdgeKind.SWITCH
cdef int INDIRECT_EDGE = EdgeKind.INDIRECT

cdef int BITS_32 = ComparisonKind.BITS_32
cdef int BITS_64 = ComparisonKind.BITS_64
cdef int SWITCHED = ComparisonKind.SWITCH


cdef class CoveringTranslator(Translator):
    """Translates the funcs of one module, each once and in order."""

    def __init__(self, EdgeRegion region not None, bint notes_comparisons):
        self.region = region
        self.notes_comparisons = notes_comparisons

    def __dealloc__(self):
        free(self.type_counts)
        free(self.ifs)

    cdef int count_types(
        self, tuple func_type_indices, size_t type_count
    ) except -1:
        """Learn how many funcs of the module's own are of each type; `shape` is set."""
        cdef uint64_t func_index = 0
        self.type_counts = <uint32_t*>calloc(type_count + 1, sizeof(uint32_t))
        if self.type_counts == NULL:
            raise InternalError("out of memory in translation")
        for type_index in func_type_indices:
            # No table of the module has an injected func.
            if func_index >= self.shape.first_injected_func:
                break
            # A valid type index; its canonical one is not greater.
            self.type_counts[self.shape.canonical_types[<size_t>type_index]] += 1
            func_index += 1
        return 0

    # What is counted and noted

    cdef int pass_edge(self, int kind) except -1:
        """Count that control passes here."""
        cdef uint32_t cell
        if self.is_injected:
            return 0
        cell = self.region.add_edges(self.func_number, self.position, kind, 1)
        return self.emit(machine.OP_EDGE, cell, 0, 0)

    cdef int note(self, int kind, uint32_t slot, int64_t other) except -1:
        """Note two operands: a slot's, and another slot's; -1 for none: zero."""
        cdef uint32_t site = self.region.note_site(self.note_count)
        self.note_count += 1
        site |= <uint32_t>kind << 16
        if other < 0:
            return self.emit(machine.OP_NOTE_CONSTANT_32, site, slot, 0)
        return self.emit(machine.OP_NOTE_PAIR, site, slot, <uint32_t>other)

    cdef int note_operands(self, int kind) except -1:
        """Note the two entries on top of the stack, which stay there."""
        cdef Entry* right = self.top()
        cdef Entry* left = self.below_top()
        cdef uint32_t slots[2]
        cdef uint32_t site
        cdef bint is_right_constant = right.kind == CONSTANT and left.kind != CONSTANT
        if is_right_constant and kind == BITS_64:
            is_right_constant = <int64_t>right.value == <int32_t>right.value
        if right.kind == CONSTANT and not is_right_constant:
            self.settle(right)
        if left.kind == CONSTANT:
            self.settle(left)
        slots[0] = (
            left.local if left.kind == LOCAL else self.own_slot(self.height - 2)
        )
        if not is_right_constant:
            slots[1] = (
                right.local if right.kind == LOCAL else self.own_slot(self.height - 1)
            )
            return self.note(kind, slots[0], slots[1])
        site = self.region.note_site(self.note_count) | <uint32_t>kind << 16
        self.note_count += 1
        return self.emit(
            machine.OP_NOTE_CONSTANT_64 if kind == BITS_64
            else machine.OP_NOTE_CONSTANT_32,
            site, slots[0], <uint32_t>right.value,
        )

    cdef int note_zero_test(self, int kind) except -1:
        """Note the entry on top of the stack, which stays there, and zero."""
        cdef Entry* entry = self.top()
        if entry.kind == CONSTANT:
            return 0
        if self.is_produced() and facts_of(self.code[self.producer]).inverse:
            # Of a comparison, whose operands are noted already: both become one.
            return 0
        return self.note(
            kind,
            entry.local if entry.kind == LOCAL else self.own_slot(self.height - 1),
            -1,
        )

    cdef bint is_tested_next(self, Instruction* instruction) noexcept:
        """True if what follows asks whether the result is zero: `xor` compares then."""
        cdef Instruction next
        if read_instruction(self.body, self.body_size, instruction.end, &next):
            return False
        return next.opcode in (
            OP_I32_EQZ, OP_I32_EQ, OP_I32_NE, OP_I64_EQZ, OP_I64_EQ, OP_I64_NE,
            OP_I32_OR, OP_I64_OR, OP_IF, OP_BR_IF,
        )

    # What the translator does, with its edges

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0:
        cdef uint32_t slots
        self.position = 0
        self.is_injected = (
            self.shape.imported_funcs + self.func_number
            >= self.shape.first_injected_func
        )
        self.forget_last()
        self.pass_edge(ENTRY_EDGE)
        slots = Translator.translate_func(self, type_index, declared_locals, code)
        self.func_number += 1
        return slots

    cdef int translate_instruction(self, Instruction* instruction) except -1:
        self.position = instruction.start
        return Translator.translate_instruction(self, instruction)

    cdef int translate_dead(self, Instruction* instruction) except -1:
        self.position = instruction.start
        return Translator.translate_dead(self, instruction)

    cdef int begin_if(self, uint64_t block_type) except -1:
        Translator.begin_if(self, block_type)
        self.ifs = <size_t*>grown(
            self.ifs, &self.if_capacity, self.label_count, sizeof(size_t)
        )
        self.ifs[self.label_count - 1] = self.position
        return self.pass_edge(IF_TRUE_EDGE)

    cdef int begin_else(self) except -1:
        Translator.begin_else(self)
        # The label's `if` was live, and so has written its place.
        self.position = self.ifs[self.label_count - 1]
        return self.pass_edge(IF_FALSE_EDGE)

    cdef int end(self) except -1:
        cdef Label* label = &self.labels[self.label_count - 1]
        if label.kind == IF_LABEL and not self.is_injected:
            # Its params are its results.
            self.begin_else()
        return Translator.end(self)

    cdef int br(self, uint32_t depth) except -1:
        if self.labels[self.label_count - 1 - depth].kind == LOOP_LABEL:
            self.pass_edge(BACK_EDGE)
        return Translator.br(self, depth)

    cdef int br_if(self, uint32_t depth) except -1:
        cdef Label* label = &self.labels[self.label_count - 1 - depth]
        cdef uint32_t words[3]
        cdef size_t skip
        if self.is_injected:
            return Translator.br_if(self, depth)
        self.take_condition(True, words)
        if self.branch_arity(label) > 1:
            self.settle_branch(label)
        skip = self.code_size
        self.emit(<int>words[0], 0, words[1], words[2])
        self.pass_edge(TAKEN_EDGE)
        self.emit_branch(label)
        self.code[skip + 1] = <uint32_t>(self.code_size - skip)
        self.forget_last()
        return self.pass_edge(NOT_TAKEN_EDGE)

    cdef int br_table(self, Instruction* instruction) except -1:
        cdef uint32_t count = <uint32_t>instruction.a
        cdef size_t position = <size_t>instruction.b
        cdef size_t words = ((<size_t>count + 1) + 3) // 4 * 4
        cdef size_t start
        cdef size_t index
        cdef size_t target
        cdef uint32_t depth = 0
        cdef uint32_t slot
        if self.is_injected:
            return Translator.br_table(self, instruction)
        self.reserve_stubs()
        self.pop()
        slot = <uint32_t>self.slot_of_popped()
        # All labels take the same number of values.
        read_u32(self.body, self.body_size, &position, &depth)
        self.settle_branch(&self.labels[self.label_count - 1 - depth])
        if self.notes_comparisons:
            self.emit(
                machine.OP_NOTE_CONSTANT_32,
                self.region.note_site(self.note_count) | <uint32_t>SWITCHED << 16,
                slot, count,
            )
            self.note_count += 1
        self.reserve_code(4 + words)
        start = self.code_size
        self.emit(machine.OP_BR_TABLE, 0, slot, count)
        for index in range(words):
            self.code[start + 4 + index] = 0
        self.code_size += words
        position = <size_t>instruction.b
        for index in range(<size_t>count + 1):
            read_u32(self.body, self.body_size, &position, &depth)
            target = self.label_count - 1 - depth
            if not self.has_stub(target):
                self.forget_last()
                self.pass_edge(SWITCH_EDGE)
                self.emit_branch(&self.labels[target])
            self.code[start + 4 + index] = <uint32_t>(self.stubs[target] - start)
        return self.die()

    cdef int call_indirect(self, Instruction* instruction) except -1:
        cdef uint32_t type_index = self.shape.canonical_types[<size_t>instruction.a]
        cdef uint32_t count = self.type_counts[type_index]
        cdef uint32_t cell
        count = max(1, min(count, <uint32_t>MAX_INDIRECT_CELLS))
        if not self.is_injected:
            if self.top().kind == CONSTANT:
                self.settle(self.top())
            cell = self.region.add_edges(
                self.func_number, self.position, INDIRECT_EDGE, count
            )
            self.emit(
                machine.OP_EDGE_INDIRECT, cell,
                self.top().local if self.top().kind == LOCAL
                else self.own_slot(self.height - 1),
                count,
            )
            self.emit_unit(<uint32_t>instruction.b)
        return Translator.call_indirect(self, instruction)

    cdef int binary(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        if self.notes_comparisons and not self.is_injected:
            if OP_I32_EQ <= opcode <= OP_I32_GE_U:
                self.note_operands(BITS_32)
            elif OP_I64_EQ <= opcode <= OP_I64_GE_U:
                self.note_operands(BITS_64)
            elif opcode == OP_I32_XOR and self.is_tested_next(instruction):
                self.note_operands(BITS_32)
            elif opcode == OP_I64_XOR and self.is_tested_next(instruction):
                self.note_operands(BITS_64)
        return Translator.binary(self, instruction)

    cdef int unary(self, Instruction* instruction) except -1:
        if self.notes_comparisons and not self.is_injected:
            if instruction.opcode == OP_I32_EQZ:
                self.note_zero_test(BITS_32)
            elif instruction.opcode == OP_I64_EQZ:
                self.note_zero_test(BITS_64)
        return Translator.unary(self, instruction)
