# cython: nonecheck=False
"""Counts of the edges that register code passes, and notes of what it compares.

A counting operation is on every edge of control flow: a branch goes around its taken
edge's count, every target of a br_table has a stub of its own, an `if` without an else
gets one. Injected code is not the contract's: its sequences are recognised or told by
their places, and have no edges, and neither have its funcs. So the edges of a module,
and their order, are those of the module as it was written.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.edge_counts cimport EdgeRegion
from contractvm.wasm.interpreter.func_source cimport ModuleShape
from contractvm.wasm.interpreter.operand_stack cimport CONSTANT, Entry
from contractvm.wasm.interpreter.operation_rules cimport facts_of
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction, read_instruction
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
cdef int INDIRECT_EDGE = EdgeKind.INDIRECT
cdef int BITS_32 = ComparisonKind.BITS_32
cdef int BITS_64 = ComparisonKind.BITS_64
cdef int SWITCHED = ComparisonKind.SWITCH


@cython.final
cdef class EdgeProbe(Probe):
    """Counts in `region`; with `notes_comparisons`, notes operands there, too.

    `is_own` says of a func's number and a position whether the instruction there is
    the contract's; None stands for a module of which all others are recognised.
    """

    def __cinit__(self, EdgeRegion region not None, bint notes_comparisons, is_own):
        self.region = region
        self.notes_comparisons = notes_comparisons
        self.is_own = is_own

    def __dealloc__(self):
        free(self.type_counts)

    cdef int count_types(
        self, tuple func_type_indices, size_t type_count
    ) except -1:
        """Learn how many funcs of the module's own are of each type."""
        cdef ModuleShape* shape = self.source.shape
        cdef uint64_t func_index = 0
        self.type_counts = <uint32_t*>calloc(type_count + 1, sizeof(uint32_t))
        if self.type_counts == NULL:
            raise InternalError("out of memory in translation")
        for type_index in func_type_indices:
            # No table of the module has an injected func.
            if func_index >= shape.first_injected_func:
                break
            # A valid type index; its canonical one is not greater.
            self.type_counts[shape.canonical_types[<size_t>type_index]] += 1
            func_index += 1
        return 0

    # Edges

    cdef int enter(self) except -1:
        self.splits_edges = (
            self.source.shape.imported_funcs + self.source.func_number
            < self.source.shape.first_injected_func
        )
        if not self.splits_edges:
            return 0
        return self.count_edge(ENTRY_EDGE)

    cdef bint is_injected(self) except -1:
        """Whether the instruction that is translated was written into the module."""
        return self.is_own is not None and not self.is_own(
            self.source.func_number, self.source.position
        )

    cdef int edge(self, int kind) except -1:
        if not self.splits_edges or self.is_injected():
            return 0
        return self.count_edge(kind)

    cdef int count_edge(self, int kind) except -1:
        cdef uint32_t cell
        cell = self.region.add_edges(
            self.source.func_number, self.source.position, kind, 1
        )
        return self.code.emit(machine.OP_EDGE, cell, 0, 0)

    cdef int call_indirect(self, Instruction* instruction) except -1:
        cdef uint32_t type_index
        cdef uint32_t count
        cdef uint32_t cell
        if not self.splits_edges:
            return 0
        type_index = self.source.shape.canonical_types[<size_t>instruction.a]
        count = self.type_counts[type_index]
        count = max(1, min(count, <uint32_t>MAX_INDIRECT_CELLS))
        if self.stack.top().kind == CONSTANT:
            self.stack.settle(self.stack.top())
        cell = self.region.add_edges(
            self.source.func_number, self.source.position, INDIRECT_EDGE, count
        )
        self.code.emit(
            machine.OP_EDGE_INDIRECT, cell,
            self.stack.slot_of(self.stack.top(), self.stack.height - 1), count,
        )
        return self.code.emit_unit(<uint32_t>instruction.b)

    # Comparisons

    cdef int compare(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        if not (self.notes_comparisons and self.splits_edges) or self.is_injected():
            return 0
        if OP_I32_EQ <= opcode <= OP_I32_GE_U:
            return self.note_operands(BITS_32)
        if OP_I64_EQ <= opcode <= OP_I64_GE_U:
            return self.note_operands(BITS_64)
        if opcode == OP_I32_XOR and self.is_tested_next(instruction):
            return self.note_operands(BITS_32)
        if opcode == OP_I64_XOR and self.is_tested_next(instruction):
            return self.note_operands(BITS_64)
        if opcode == OP_I32_EQZ:
            return self.note_zero_test(BITS_32)
        if opcode == OP_I64_EQZ:
            return self.note_zero_test(BITS_64)
        return 0

    cdef int compare_switch(self, uint32_t slot, uint32_t count) except -1:
        if not (self.notes_comparisons and self.splits_edges):
            return 0
        return self.code.emit(
            machine.OP_NOTE_CONSTANT_32, self.next_note(SWITCHED), slot, count
        )

    cdef uint32_t next_note(self, int kind) noexcept:
        """The first word of the next note: its site, and the comparison's kind."""
        cdef uint32_t site = self.region.note_site(self.note_count)
        self.note_count += 1
        return site | <uint32_t>kind << 16

    cdef int note_operands(self, int kind) except -1:
        """Note the two entries on top of the stack, which stay there."""
        cdef Entry* right = self.stack.top()
        cdef Entry* left = self.stack.below_top()
        cdef uint32_t slot
        cdef bint is_right_constant = right.kind == CONSTANT and left.kind != CONSTANT
        if is_right_constant and kind == BITS_64:
            is_right_constant = <int64_t>right.value == <int32_t>right.value
        if right.kind == CONSTANT and not is_right_constant:
            self.stack.settle(right)
        if left.kind == CONSTANT:
            self.stack.settle(left)
        slot = self.stack.slot_of(left, self.stack.height - 2)
        if is_right_constant:
            return self.code.emit(
                machine.OP_NOTE_CONSTANT_64 if kind == BITS_64
                else machine.OP_NOTE_CONSTANT_32,
                self.next_note(kind), slot, <uint32_t>right.value,
            )
        return self.code.emit(
            machine.OP_NOTE_PAIR, self.next_note(kind), slot,
            self.stack.slot_of(right, self.stack.height - 1),
        )

    cdef int note_zero_test(self, int kind) except -1:
        """Note the entry on top of the stack, which stays there, and zero."""
        cdef Entry* entry = self.stack.top()
        if entry.kind == CONSTANT:
            return 0
        if (
            self.stack.is_produced()
            and facts_of(self.code.words[self.code.producer]).inverse
        ):
            # Of a comparison, whose operands are noted already: both become one.
            return 0
        return self.code.emit(
            machine.OP_NOTE_CONSTANT_32, self.next_note(kind),
            self.stack.slot_of(entry, self.stack.height - 1), 0,
        )

    cdef bint is_tested_next(self, Instruction* instruction) noexcept:
        """True if what follows asks whether the result is zero: `xor` compares then."""
        cdef Instruction next
        if read_instruction(
            self.source.body, self.source.body_size, instruction.end, &next
        ):
            return False
        return next.opcode in (
            OP_I32_EQZ, OP_I32_EQ, OP_I32_NE, OP_I64_EQZ, OP_I64_EQ, OP_I64_NE,
            OP_I32_OR, OP_I64_OR, OP_IF, OP_BR_IF,
        )
