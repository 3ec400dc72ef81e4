# cython: nonecheck=False
"""Blocks and branches: where values are when control goes from one place to another.

* A label's values are in the own slots of its entries on every path to it.
* Every entry that waits in a local is settled before a block, since a path through the
  block may change the local; constants below it stay constants on every path.
* A branch is patched once, when its label's end is reached.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_writer cimport (
    CONSTANT, LOCAL, CodeWriter, Entry, grown,
)
from contractvm.wasm.interpreter.injected_sequences cimport (
    match_charge, match_local_charge,
)
from contractvm.wasm.interpreter.operation_rules cimport OperationFacts, facts_of
from contractvm.wasm.structure.instruction_reader cimport (
    BLOCK_TYPE_EMPTY, Instruction, read_instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_GLOBAL_GET, OP_LOCAL_GET,
)

cdef uint64_t NO_INDEX = 1 << 32


cdef class BranchWriter(CodeWriter):
    """Adds labels to what is written; `shape` and `body` say what is translated."""

    def __dealloc__(self):
        free(self.labels)
        free(self.fixups)
        free(self.stubs)
        free(self.stub_tables)

    cdef Block block_of(self, uint64_t block_type) noexcept:
        cdef Block block
        if <int64_t>block_type >= 0:
            return self.shape.types[block_type]
        block.params = 0
        block.results = 0 if <int64_t>block_type == BLOCK_TYPE_EMPTY else 1
        return block

    cdef int begin(self, int kind, uint64_t block_type) except -1:
        cdef Block block = self.block_of(block_type)
        cdef Label* label
        if kind == FUNC_LABEL:
            block.params = 0
        self.settle_locals()
        self.settle_top(block.params)
        self.labels = <Label*>grown(
            self.labels, &self.label_capacity, self.label_count + 1, sizeof(Label)
        )
        label = &self.labels[self.label_count]
        self.label_count += 1
        label.kind = kind
        label.params = block.params
        label.results = block.results
        label.height = <uint32_t>(self.height - block.params)
        label.start = self.code_size
        label.fixups = -1
        label.else_fixup = -1
        label.is_targeted = False
        return 0

    cdef int begin_loop(self, Instruction* instruction) except -1:
        cdef Instruction next
        cdef uint64_t cost = 0
        cdef size_t end = 0
        cdef uint32_t cell = 0
        self.begin(LOOP_LABEL, instruction.a)
        self.forget_last()
        if read_instruction(self.body, self.body_size, instruction.end, &next) == 0:
            if next.opcode == OP_GLOBAL_GET and next.a == self.shape.gas_global:
                cell = <uint32_t>next.a - self.shape.imported_globals
                end = match_charge(self.body, self.body_size, &next, &cost)
            elif next.opcode == OP_LOCAL_GET and next.a == self.gas.local_index:
                cell = self.gas_cell()
                end = match_local_charge(
                    self.body, self.body_size, &next, &self.gas, &cost
                )
        if end:
            instruction.end = end
        else:
            # A cell of its own, for loops without a charge.
            cell = self.shape.own_globals
            cost = 0
        return self.charge(machine.OP_CHARGE_LOOP, cell, cost)

    cdef uint32_t gas_cell(self) noexcept:
        return <uint32_t>self.gas.global_index - self.shape.imported_globals

    cdef int begin_if(self, uint64_t block_type) except -1:
        cdef uint32_t words[3]
        cdef Label* label
        self.take_condition(True, words)
        self.begin(IF_LABEL, block_type)
        label = &self.labels[self.label_count - 1]
        label.else_fixup = self.add_fixup(self.code_size + 1, self.code_size)
        self.producer = -1
        self.fusible = <int64_t>self.code_size
        return self.emit(<int>words[0], 0, words[1], words[2])

    cdef int begin_else(self) except -1:
        cdef Label* label = &self.labels[self.label_count - 1]
        if self.is_live:
            self.emit_branch(label)
        self.patch(label.else_fixup, self.code_size)
        label.else_fixup = -1
        label.kind = ELSE_LABEL
        self.drop_to(label.height)
        self.push_own(label.params)
        self.settled = self.entry_count
        self.is_live = True
        return 0

    cdef int end(self) except -1:
        cdef Label* label = &self.labels[self.label_count - 1]
        cdef bint is_joined = label.is_targeted or label.else_fixup >= 0
        if label.kind == FUNC_LABEL:
            # Only branches without values come here: others return where they are.
            self.patch_all(label)
            if self.is_live or label.is_targeted:
                self.emit_return()
            self.label_count -= 1
            self.is_live = False
            return 0
        if label.kind == LOOP_LABEL:
            is_joined = False
        self.label_count -= 1
        if not is_joined:
            # One way in: values may stay where they are. A dead end stays dead.
            if not self.is_live:
                self.drop_to(label.height)
            return 0
        if self.is_live:
            self.settle_top(label.results)
        if label.else_fixup >= 0:
            self.patch(label.else_fixup, self.code_size)
        self.patch_all(label)
        self.drop_to(label.height)
        self.push_own(label.results)
        self.is_live = True
        return 0

    cdef int die(self) except -1:
        """What follows cannot run; the stack is cut when the label ends."""
        self.is_live = False
        self.dead_depth = 0
        self.producer = -1
        return 0

    # Branches

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

    cdef int patch(self, int64_t fixup, size_t target) except -1:
        cdef Fixup* entry = &self.fixups[fixup]
        self.code[entry.word] = <uint32_t>(
            <int64_t>target - <int64_t>entry.instruction
        )
        return self.forget_last()

    cdef int patch_all(self, Label* label) except -1:
        """Let every branch that waits for this label's end come here."""
        cdef int64_t fixup = label.fixups
        while fixup >= 0:
            self.patch(fixup, self.code_size)
            fixup = self.fixups[fixup].next
        return 0

    cdef int target(self, Label* label, size_t word, size_t instruction) except -1:
        """Let a word hold the distance from an instruction to a label."""
        cdef int64_t fixup
        if label.kind == LOOP_LABEL:
            self.code[word] = <uint32_t>(<int64_t>label.start - <int64_t>instruction)
            return 0
        fixup = self.add_fixup(word, instruction)
        self.fixups[fixup].next = label.fixups
        label.fixups = fixup
        label.is_targeted = True
        return 0

    cdef int emit_jump(
        self, Label* label, int operation, uint32_t b, uint32_t c
    ) except -1:
        if label.kind == LOOP_LABEL:
            operation = facts_of(operation).to_loop
        else:
            self.fusible = <int64_t>self.code_size
        self.emit(operation, 0, b, c)
        return self.target(label, self.code_size - 3, self.code_size - 4)

    cdef uint32_t branch_arity(self, Label* label) noexcept:
        """How many values a branch to the label takes along."""
        return label.params if label.kind == LOOP_LABEL else label.results

    cdef int move_results(self, Label* label) except -1:
        """Bring the values of a branch, on top of the stack, to where a label has them.

        The entries stay on the stack and stay true: one value goes straight to its
        place, several are settled first since their places may overlap.
        """
        cdef uint32_t count = self.branch_arity(label)
        cdef uint32_t to = self.own_slot(label.height)
        cdef size_t first = self.height - count
        if count == 0:
            return 0
        if count == 1:
            return self.put(self.top(), first, to)
        self.settle_top(count)
        if self.own_slot(first) != to:
            self.emit(machine.OP_MOVE_RUN, to, self.own_slot(first), count)
        return 0

    cdef int emit_branch(self, Label* label) except -1:
        """Jump to a label with its values."""
        if label.kind == FUNC_LABEL:
            return self.emit_return()
        self.move_results(label)
        return self.emit_jump(label, machine.OP_BR, 0, 0)

    cdef int emit_return(self) except -1:
        """Leave the func with the values on top of the stack as its results."""
        cdef uint32_t count = self.labels[0].results
        cdef size_t first = self.height - count
        cdef Entry* entry
        cdef uint32_t slot
        cdef uint32_t* last
        if count == 1:
            entry = self.top()
            if entry.kind == CONSTANT:
                self.put(entry, first, 0)
                return self.emit(machine.OP_RETURN, 0, 0, 0)
            slot = entry.local if entry.kind == LOCAL else self.own_slot(first)
            if self.is_fusible():
                last = self.code + self.fusible
                if last[0] == machine.OP_STACK_LEAVE:
                    last[0] = machine.OP_STACK_LEAVE_RETURN_ONE
                    last[3] = slot
                    return 0
            return self.emit(machine.OP_RETURN_ONE, slot, 0, 0)
        if count > 1:
            self.settle_top(count)
            if self.own_slot(first) != 0:
                self.emit(machine.OP_MOVE_RUN, 0, self.own_slot(first), count)
        return self.emit(machine.OP_RETURN, 0, 0, 0)

    cdef int take_condition(self, bint is_inverted, uint32_t* words) except -1:
        """Pop a condition: operation and operands of the branch that it makes.

        A comparison just emitted is taken back, and becomes the branch.
        """
        cdef uint32_t* last
        cdef const OperationFacts* facts
        cdef int fused
        if self.is_produced():
            last = self.code + self.producer
            facts = facts_of(last[0])
            fused = facts.branch_unless if is_inverted else facts.branch_if
            if fused:
                words[0] = fused
                words[1] = last[2]
                words[2] = last[3]
                self.code_size = <size_t>self.producer
                # The comparison that is gone had overwritten the accumulator's slot.
                self.producer = self.accumulated = -1
                self.pop()
                return 0
        if self.is_step():
            last = self.code + self.stepped
            words[0] = (
                machine.OP_BR_UNLESS_STEP if is_inverted else machine.OP_BR_IF_STEP
            )
            words[1] = last[1]
            words[2] = last[3]
            if last[0] == machine.OP_I32_SUB_C or last[0] == machine.OP_I32_SUB_A_C:
                words[2] = <uint32_t>0 - last[3]
            self.code_size = <size_t>self.stepped
            self.stepped = self.accumulated = -1
            self.pop()
            return 0
        self.pop()
        words[0] = machine.OP_BR_UNLESS if is_inverted else machine.OP_BR_IF
        words[1] = <uint32_t>self.slot_of_popped()
        words[2] = 0
        return 0

    cdef bint is_step(self) noexcept:
        """True if the condition is a local to which the last instruction added."""
        cdef Entry* entry = self.top()
        cdef uint32_t* last
        if self.stepped < 0 or self.stepped + 4 != <int64_t>self.code_size:
            return False
        last = self.code + self.stepped
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
        self.emit_branch(&self.labels[self.label_count - 1 - depth])
        return self.die()

    cdef int br_if(self, uint32_t depth) except -1:
        cdef Label* label = &self.labels[self.label_count - 1 - depth]
        cdef uint32_t words[3]
        cdef size_t skip
        if self.branch_is_plain(label):
            self.take_condition(False, words)
            self.settle_branch(label)
            self.producer = -1
            return self.emit_jump(label, <int>words[0], words[1], words[2])
        self.take_condition(True, words)
        if self.branch_arity(label) > 1:
            self.settle_branch(label)
        skip = self.code_size
        self.emit(<int>words[0], 0, words[1], words[2])
        self.emit_branch(label)
        self.code[skip + 1] = <uint32_t>(self.code_size - skip)
        self.producer = -1
        return 0

    cdef bint branch_is_plain(self, Label* label) noexcept:
        """True if, the condition popped, the values are at home once settled."""
        cdef uint32_t count = self.branch_arity(label)
        if count == 0:
            return True
        return label.kind != FUNC_LABEL and self.height - 1 - count == label.height

    cdef int settle_branch(self, Label* label) except -1:
        """Settle a branch's values: they stay so whether it is taken or not."""
        cdef uint32_t count = self.branch_arity(label)
        return self.settle_top(count)

    cdef int reserve_stubs(self) except -1:
        """Room for a stub of every label; a number of a br_table is never 0."""
        cdef size_t known = self.table_capacity
        cdef size_t index
        self.stubs = <size_t*>grown(
            self.stubs, &self.stub_capacity, self.label_count, sizeof(size_t)
        )
        self.stub_tables = <uint64_t*>grown(
            self.stub_tables, &self.table_capacity, self.label_count, sizeof(uint64_t)
        )
        for index in range(known, self.table_capacity):
            self.stub_tables[index] = 0
        self.table_number += 1
        return 0

    cdef bint has_stub(self, size_t label_index) except -1:
        """True if the br_table has a stub for a label; if not, it begins here."""
        # label_index < label_count, the length of both arrays.
        if self.stub_tables[label_index] == self.table_number:
            return True
        self.stub_tables[label_index] = self.table_number
        self.stubs[label_index] = self.code_size
        return False

    cdef int br_table(self, Instruction* instruction) except -1:
        cdef uint32_t count = <uint32_t>instruction.a
        cdef size_t position = <size_t>instruction.b
        cdef size_t words = ((<size_t>count + 1) + 3) // 4 * 4
        cdef size_t start
        cdef size_t index
        cdef size_t label_index
        cdef uint32_t depth = 0
        cdef Label* label
        cdef int64_t slot
        self.reserve_stubs()
        self.pop()
        slot = self.slot_of_popped()
        # All labels take the same number of values.
        read_u32(self.body, self.body_size, &position, &depth)
        label = &self.labels[self.label_count - 1 - depth]
        self.settle_branch(label)
        self.reserve_code(4 + words)
        start = self.code_size
        self.emit(machine.OP_BR_TABLE, 0, <uint32_t>slot, count)
        for index in range(words):
            self.code[start + 4 + index] = 0
        self.code_size += words
        position = <size_t>instruction.b
        for index in range(<size_t>count + 1):
            read_u32(self.body, self.body_size, &position, &depth)
            label_index = self.label_count - 1 - depth
            label = &self.labels[label_index]
            if self.must_move(label):
                # One for each label, however often the table names it.
                if not self.has_stub(label_index):
                    self.emit_branch(label)
                self.code[start + 4 + index] = <uint32_t>(
                    self.stubs[label_index] - start
                )
            else:
                self.target(label, start + 4 + index, start)
        return self.die()

    cdef bint must_move(self, Label* label) noexcept:
        """True if a branch with settled values must still move them."""
        cdef uint32_t count = self.branch_arity(label)
        if count == 0:
            return False
        return label.kind == FUNC_LABEL or self.height - count != label.height
