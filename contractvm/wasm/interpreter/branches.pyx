# cython: nonecheck=False
"""Blocks and branches: where values are when control goes from one place to another.

* A label's values are in the own slots of its entries on every path to it.
* Every entry that waits in a local is settled before a block, since a path through the
  block may change the local; constants below it stay constants on every path.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport Block, FuncSource
from contractvm.wasm.interpreter.injected_code cimport InjectedCode
from contractvm.wasm.interpreter.labels cimport (
    BLOCK_LABEL, ELSE_LABEL, FUNC_LABEL, IF_LABEL, LOOP_LABEL, Label, Labels,
    branch_arity,
)
from contractvm.wasm.interpreter.operand_stack cimport (
    CONSTANT, LOCAL, Entry, OperandStack,
)
from contractvm.wasm.interpreter.operation_rules cimport OperationFacts, facts_of
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport (
    IMM_BLOCK_TYPE, Instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport OP_ELSE, OP_END

from contractvm.wasm.engines.tracing import EdgeKind

cdef int TAKEN_EDGE = EdgeKind.TAKEN
cdef int NOT_TAKEN_EDGE = EdgeKind.NOT_TAKEN
cdef int IF_TRUE_EDGE = EdgeKind.IF_TRUE
cdef int IF_FALSE_EDGE = EdgeKind.IF_FALSE
cdef int BACK_EDGE = EdgeKind.BACK
cdef int SWITCH_EDGE = EdgeKind.SWITCH


@cython.final
cdef class Branches:
    """Writes what changes the flow of control, and knows which code can be reached."""

    def __cinit__(
        self,
        CodeBuffer code not None,
        OperandStack stack not None,
        FuncSource source not None,
        InjectedCode injected not None,
        Probe probe not None,
    ):
        self.code = code
        self.stack = stack
        self.source = source
        self.injected = injected
        self.probe = probe
        self.labels = Labels(code)

    cdef int begin_func(self, uint32_t type_index) except -1:
        self.labels.count = self.labels.fixup_count = 0
        self.is_live = True
        self.dead_depth = 0
        self.begin(FUNC_LABEL, type_index)
        return 0

    cdef Label* begin(self, int kind, uint64_t block_type) except NULL:
        cdef Block block = self.source.block_of(block_type)
        cdef Label* label
        if kind == FUNC_LABEL:
            block.params = 0
        self.stack.settle_all_locals()
        self.stack.settle_top(block.params)
        label = self.labels.push(kind)
        label.params = block.params
        label.results = block.results
        label.height = <uint32_t>(self.stack.height - block.params)
        label.start = self.code.size if kind == LOOP_LABEL else self.source.position
        return label

    cdef int begin_block(self, uint64_t block_type) except -1:
        self.begin(BLOCK_LABEL, block_type)
        return 0

    cdef int begin_loop(self, Instruction* instruction) except -1:
        self.begin(LOOP_LABEL, instruction.a)
        self.code.forget_last()
        return self.injected.charge_loop(instruction)

    cdef int begin_if(self, uint64_t block_type) except -1:
        cdef Condition condition
        cdef Label* label
        self.take_condition(True, &condition)
        label = self.begin(IF_LABEL, block_type)
        label.else_fixup = self.labels.add_fixup(self.code.size + 1, self.code.size)
        self.code.producer = -1
        self.code.fusible = <int64_t>self.code.size
        self.code.emit(condition.operation, 0, condition.b, condition.c)
        return self.probe.edge(IF_TRUE_EDGE)

    cdef int begin_else(self) except -1:
        cdef Label* label = self.labels.at(0)
        if self.is_live:
            self.emit_branch(label)
        self.labels.patch(label.else_fixup)
        label.else_fixup = -1
        label.kind = ELSE_LABEL
        self.stack.drop_to(label.height)
        self.stack.push_own(label.params)
        self.stack.settled = self.stack.entry_count
        self.is_live = True
        self.source.position = label.start
        return self.probe.edge(IF_FALSE_EDGE)

    cdef int end(self) except -1:
        cdef Label* label = self.labels.at(0)
        cdef bint is_joined
        if label.kind == FUNC_LABEL:
            return self.end_func(label)
        if label.kind == IF_LABEL and self.probe.splits_edges:
            # Its params are its results.
            self.begin_else()
        is_joined = label.kind != LOOP_LABEL and (
            label.is_targeted or label.else_fixup >= 0
        )
        self.labels.count -= 1
        if not is_joined:
            # One way in: values may stay where they are. A dead end stays dead.
            if not self.is_live:
                self.stack.drop_to(label.height)
            return 0
        if self.is_live:
            self.stack.settle_top(label.results)
        if label.else_fixup >= 0:
            self.labels.patch(label.else_fixup)
        self.labels.patch_all(label)
        self.stack.drop_to(label.height)
        self.stack.push_own(label.results)
        self.is_live = True
        return 0

    cdef int end_func(self, Label* label) except -1:
        # Only branches without values come here: others return where they are.
        self.labels.patch_all(label)
        if self.is_live or label.is_targeted:
            self.emit_return()
        self.labels.count -= 1
        self.is_live = False
        return 0

    cdef int die(self) noexcept:
        """What follows cannot run; the stack is cut when the label ends."""
        self.is_live = False
        self.dead_depth = 0
        self.code.producer = -1
        return 0

    cdef int skip_dead(self, Instruction* instruction) except -1:
        """Skip what cannot run, up to the end or else of the innermost label."""
        if instruction.immediate == IMM_BLOCK_TYPE:
            self.dead_depth += 1
        elif instruction.opcode == OP_END:
            if self.dead_depth == 0:
                return self.end()
            self.dead_depth -= 1
        elif instruction.opcode == OP_ELSE and self.dead_depth == 0:
            return self.begin_else()
        return 0

    # Branches

    cdef int emit_jump(
        self, Label* label, int operation, uint32_t b, uint32_t c
    ) except -1:
        if label.kind != LOOP_LABEL:
            self.code.fusible = <int64_t>self.code.size
        elif not self.probe.keeps_loop_heads:
            if operation == machine.OP_BR:
                self.code.jump_back_with_last()
            operation = facts_of(operation).to_loop
        self.code.emit(operation, 0, b, c)
        return self.labels.target(label, self.code.size - 3, self.code.size - 4)

    cdef int emit_branch(self, Label* label) except -1:
        """Jump to a label with its values.

        Their entries stay on the stack and stay true: one value goes straight to its
        place, several are settled first since their places may overlap.
        """
        cdef uint32_t count = branch_arity(label)
        cdef uint32_t to = self.stack.own_slot(label.height)
        if label.kind == FUNC_LABEL:
            return self.emit_return()
        if count == 1:
            self.stack.put(self.stack.top(), self.stack.height - 1, to)
        else:
            self.stack.move_top(count, to)
        return self.emit_jump(label, machine.OP_BR, 0, 0)

    cdef int emit_return(self) except -1:
        """Leave the func with the values on top of the stack as its results."""
        cdef uint32_t count = self.labels.labels[0].results
        cdef Entry* entry
        cdef uint32_t slot
        self.probe.leave()
        if count != 1:
            self.stack.move_top(count, 0)
            if self.code.leave_and_return(
                machine.OP_STACK_LEAVE_RETURN, machine.OP_CHARGE_RETURN, 0
            ):
                return 0
            return self.code.emit(machine.OP_RETURN, 0, 0, 0)
        entry = self.stack.top()
        if entry.kind == CONSTANT:
            self.stack.put(entry, self.stack.height - 1, 0)
            return self.code.emit(machine.OP_RETURN, 0, 0, 0)
        slot = self.stack.slot_of(entry, self.stack.height - 1)
        if self.code.leave_and_return(
            machine.OP_STACK_LEAVE_RETURN_ONE, machine.OP_CHARGE_RETURN_ONE, slot
        ):
            return 0
        return self.code.emit(machine.OP_RETURN_ONE, slot, 0, 0)

    cdef int take_condition(self, bint is_inverted, Condition* condition) except -1:
        """Pop a condition, which becomes a branch.

        A comparison just emitted is taken back, and is made by the branch.
        """
        cdef uint32_t* last
        cdef const OperationFacts* facts
        if self.stack.is_produced():
            last = self.code.words + self.code.producer
            facts = facts_of(last[0])
            condition.operation = (
                facts.branch_unless if is_inverted else facts.branch_if
            )
            if condition.operation:
                condition.b = last[2]
                condition.c = last[3]
                # It had overwritten the accumulator's slot.
                self.code.take_back(self.code.producer)
                self.stack.pop()
                return 0
        if self.is_step():
            last = self.code.words + self.code.stepped
            condition.operation = (
                machine.OP_BR_UNLESS_STEP if is_inverted else machine.OP_BR_IF_STEP
            )
            condition.b = last[1]
            condition.c = last[3]
            if last[0] == machine.OP_I32_SUB_C or last[0] == machine.OP_I32_SUB_A_C:
                condition.c = <uint32_t>0 - last[3]
            self.code.take_back(self.code.stepped)
            self.stack.pop()
            return 0
        self.stack.pop()
        condition.operation = machine.OP_BR_UNLESS if is_inverted else machine.OP_BR_IF
        condition.b = <uint32_t>self.stack.slot_of_popped()
        condition.c = 0
        return 0

    cdef bint is_step(self) noexcept:
        """True if the condition is a local to which the last instruction added."""
        cdef Entry* entry = self.stack.top()
        cdef uint32_t* last
        if not self.code.is_last(self.code.stepped):
            return False
        last = self.code.words + self.code.stepped
        return (
            entry.kind == LOCAL
            # No other entry waits for the local: it would see the sum too early.
            and entry.previous < 0
            and last[1] == entry.local
            and last[2] == entry.local
            and (
                last[0] == machine.OP_I32_ADD_C
                or last[0] == machine.OP_I32_ADD_A_C
                or last[0] == machine.OP_I32_SUB_C
                or last[0] == machine.OP_I32_SUB_A_C
            )
        )

    cdef int br(self, uint32_t depth) except -1:
        cdef Label* label = self.labels.at(depth)
        if label.kind == LOOP_LABEL:
            self.probe.edge(BACK_EDGE)
        self.emit_branch(label)
        return self.die()

    cdef int br_if(self, uint32_t depth) except -1:
        cdef Label* label = self.labels.at(depth)
        cdef Condition condition
        cdef size_t skip
        if self.branch_is_plain(label) and not self.probe.splits_edges:
            self.take_condition(False, &condition)
            # The values stay settled whether the branch is taken or not.
            self.stack.settle_top(branch_arity(label))
            self.code.producer = -1
            return self.emit_jump(
                label, condition.operation, condition.b, condition.c
            )
        self.take_condition(True, &condition)
        if branch_arity(label) > 1:
            self.stack.settle_top(branch_arity(label))
        skip = self.code.size
        self.code.emit(condition.operation, 0, condition.b, condition.c)
        self.probe.edge(TAKEN_EDGE)
        self.emit_branch(label)
        self.code.set_distance(skip + 1, skip, self.code.size)
        self.code.forget_last()
        return self.probe.edge(NOT_TAKEN_EDGE)

    cdef bint branch_is_plain(self, Label* label) noexcept:
        """True if, the condition popped, the values are at home once settled."""
        cdef uint32_t count = branch_arity(label)
        if count == 0:
            return True
        if label.kind == FUNC_LABEL:
            return False
        return self.stack.height - 1 - count == label.height

    cdef int br_table(self, Instruction* instruction) except -1:
        cdef uint32_t count = <uint32_t>instruction.a
        cdef size_t position = <size_t>instruction.b
        cdef size_t start
        cdef size_t word
        cdef uint32_t depth = 0
        cdef Label* label
        cdef uint32_t slot
        self.labels.begin_table()
        self.stack.pop()
        slot = <uint32_t>self.stack.slot_of_popped()
        # All labels take the same number of values.
        read_u32(self.source.body, self.source.body_size, &position, &depth)
        self.stack.settle_top(branch_arity(self.labels.at(depth)))
        self.probe.compare_switch(slot, count)
        start = self.code.size
        self.code.emit_table(slot, count)
        position = <size_t>instruction.b
        for word in range(start + 4, start + 5 + count):
            read_u32(self.source.body, self.source.body_size, &position, &depth)
            label = self.labels.at(depth)
            if not (self.must_move(label) or self.probe.splits_edges):
                self.labels.target(label, word, start)
                continue
            # One stub for each label, however often the table names it.
            if not self.labels.has_stub(depth):
                self.code.forget_last()
                self.probe.edge(SWITCH_EDGE)
                self.emit_branch(label)
            self.labels.target_stub(depth, word, start)
        return self.die()

    cdef bint must_move(self, Label* label) noexcept:
        """True if a branch with settled values must still move them."""
        cdef uint32_t count = branch_arity(label)
        if count == 0:
            return False
        return label.kind == FUNC_LABEL or self.stack.height - count != label.height
