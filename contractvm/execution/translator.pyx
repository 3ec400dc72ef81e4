"""From validated Wasm code to register code.

An instruction is four 32-bit words: operation, then as its row in `operations.py` has
it: a destination, two operands. A frame's slots are its locals, then one *own slot*
for each possible entry of the operand stack. While translating, the operand stack is
a stack of descriptions: a value may be in its own slot, still in a local, or constant,
so that `local.get` and `const` emit nothing. What makes that right:

* an entry that waits in a local is copied to its own slot before that local changes,
  and before every block, so that all paths to a label agree on where values are;
* a label's values are in the own slots of its entries on every path to it;
* constants below a block stay constants: no path changes them.

The code was validated: indices, types and nesting are taken as right, and each C array
is as large as the validated indices need. Time is linear in the code: an entry is
settled once per push, and a branch is patched once.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.execution cimport machine
from contractvm.execution.machine cimport OPERATION_COUNT, operation_names
from contractvm.structure.instruction_reader cimport (
    IMM_BLOCK_TYPE,
    read_instruction,
    read_u32,
)

from contractvm.errors import InternalError
from contractvm.execution.loop_generator import internal_name
from contractvm.execution.operations import (
    NO_OPERATION,
    OPERATIONS,
    SAME_AS,
    Form,
)
from contractvm.structure.opcodes import OPCODES

cdef enum:
    # Far beyond what engines allow (50,000); a slot number must stay a small number.
    MAX_LOCALS = 1_000_000

cdef enum:
    OWN
    LOCAL
    CONSTANT

cdef enum:
    FUNC_LABEL
    BLOCK_LABEL
    LOOP_LABEL
    IF_LABEL
    ELSE_LABEL

cdef enum RuleKind:
    RULE_OF_ITS_OWN
    RULE_NOTHING
    RULE_BINARY
    RULE_UNARY
    RULE_LOAD
    RULE_STORE
    RULE_IN_PLACE

cdef Rule rules[256 + 18]
# By operation: the branch that it fuses with, if taken when it is true or false, and
# the operation that gives the opposite answer.
cdef int branch_if[OPERATION_COUNT]
cdef int branch_unless[OPERATION_COUNT]
cdef int inverse[OPERATION_COUNT]
# By a branch's operation: its variants that do the charge of the loop's head they go
# to, or the charge that follows where it is not taken.
cdef int to_loop[OPERATION_COUNT]
cdef int then_charge[OPERATION_COUNT]
# By operation: its variant that takes the operand of word 2 from the accumulator;
# whether it leaves its result there; whether it leaves there what was there.
cdef int from_accumulator[OPERATION_COUNT]
cdef bint is_computing[OPERATION_COUNT]
cdef bint is_keeping[OPERATION_COUNT]

# Where a rule's number of operands is not in the table of opcodes.
IN_PLACE_ARITY = {
    "table.get": (1, 1),
    "table.set": (2, 0),
    "table.grow": (2, 1),
    "table.fill": (3, 0),
}


def operation_numbers() -> dict[str, int]:
    """The number of each variant in the compiled loop, by its C name."""
    return {operation_names[i].decode(): i for i in range(OPERATION_COUNT)}


def _fill_rules() -> None:
    numbers = operation_numbers()
    rows = {row.name: row for row in OPERATIONS}
    kinds = {
        Form.BINARY: RULE_BINARY,
        Form.COMPARE: RULE_BINARY,
        Form.TEST: RULE_UNARY,
        Form.UNARY: RULE_UNARY,
        Form.LOAD: RULE_LOAD,
        Form.STORE: RULE_STORE,
        Form.IN_PLACE: RULE_IN_PLACE,
    }
    cdef Rule* rule
    for info in OPCODES:
        opcode = info.opcode
        rule = &rules[opcode if opcode < 256 else 256 + (opcode & 0xFF)]
        if info.mnemonic in NO_OPERATION:
            rule.kind = RULE_NOTHING
            continue
        row = rows.get(SAME_AS.get(info.mnemonic, info.mnemonic))
        if row is None:
            rule.kind = RULE_OF_ITS_OWN
            continue
        name = internal_name(row.name)
        rule.kind = kinds[row.form]
        rule.operation = numbers[name]
        rule.with_constant = numbers.get(name + "_C", 0)
        rule.at = numbers.get(name + "_AT", 0)
        rule.at_with_constant = numbers.get(name + "_AT_C", 0)
        if row.swapped:
            rule.swapped = numbers[internal_name(row.swapped)]
            rule.swapped_constant = numbers[internal_name(row.swapped) + "_C"]
        rule.operand_bits = int(row.operand[1:]) if row.operand else 0
        arity = IN_PLACE_ARITY.get(info.mnemonic)
        if row.form is Form.IN_PLACE:
            rule.params, rule.results = arity or (len(info.params), len(info.results))


def _fill_branches() -> None:
    numbers = operation_numbers()
    for row in OPERATIONS:
        if row.form not in (Form.COMPARE, Form.TEST):
            continue
        name = internal_name(row.name)
        opposite = internal_name(row.inverse) if row.inverse else ""
        for suffix in ("", "_C", "_A", "_A_C"):
            number = numbers.get(name + suffix)
            if number is None:
                continue
            branch_if[number] = numbers[f"BR_IF_{name}{suffix}"]
            if opposite:
                branch_unless[number] = numbers[f"BR_IF_{opposite}{suffix}"]
                inverse[number] = numbers[opposite + suffix]
            else:
                branch_unless[number] = numbers[f"BR_UNLESS_{name}{suffix}"]


    computing = (Form.BINARY, Form.COMPARE, Form.TEST, Form.UNARY, Form.LOAD)
    prefixes = {
        internal_name(row.name): row.form in computing
        for row in OPERATIONS
        if row.form in computing or row.form is Form.STORE
    }
    for name, number in numbers.items():
        stem = name
        for suffix in ("_C", "_A", "_AT"):
            stem = stem.removesuffix(suffix)
        if stem in prefixes:
            is_computing[number] = prefixes[stem]
            is_keeping[number] = not prefixes[stem]
        is_branch = name.startswith(("BR_IF", "BR_UNLESS")) and "_STEP" not in name
        is_keeping[number] |= is_branch or name == "CHARGE"
        for suffix in ("", "_C", "_LOOP", "_THEN", "_C_LOOP", "_C_THEN"):
            if suffix and not name.endswith(suffix):
                continue
            stem = name.removesuffix(suffix)
            if stem + "_A" + suffix in numbers and not stem.endswith("_A"):
                from_accumulator[number] = numbers[stem + "_A" + suffix]
        to_loop[number] = numbers.get(f"{name}_LOOP", 0)
        then_charge[number] = numbers.get(f"{name}_THEN", 0)


_fill_rules()
_fill_branches()


cdef void* grown(void* array, size_t* capacity, size_t needed, size_t size) except NULL:
    """`array` with room for `needed` items; at least doubled where it must grow."""
    cdef size_t wanted = capacity[0] * 2
    cdef void* larger
    if needed <= capacity[0] and array != NULL:
        return array
    if wanted < needed:
        wanted = needed
    if wanted < 16:
        wanted = 16
    larger = realloc(array, wanted * size)
    if larger == NULL:
        raise InternalError("out of memory in translation")
    capacity[0] = wanted
    return larger


cdef class Translator:
    """Translates the funcs of one module, one after the other, into one code array."""

    def __dealloc__(self):
        free(self.code)
        free(self.calls)
        free(self.entries)
        free(self.waiting)
        free(self.labels)
        free(self.fixups)

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0:
        """Append the code of one func; return the slots that its frame takes."""
        cdef Instruction instruction
        cdef size_t position = 0
        cdef uint32_t params = self.shape.types[type_index].params
        self.body = code
        self.body_size = len(code)
        self.local_count = params + declared_locals
        self.height = self.max_height = self.settled = 0
        self.label_count = self.fixup_count = 0
        self.producer = self.fusible = self.accumulated = self.stepped = -1
        self.is_live = True
        self.dead_depth = 0
        self.reserve_locals()
        if declared_locals == 1:
            self.emit(machine.OP_ZERO, params, 0, 0)
        elif declared_locals:
            self.emit(machine.OP_ZERO_RUN, params, declared_locals, 0)
        self.begin(FUNC_LABEL, type_index)
        self.labels[0].params = 0
        while position < self.body_size:
            if read_instruction(self.body, self.body_size, position, &instruction):
                raise InternalError("translation met a malformed instruction")
            if self.is_live:
                self.translate_instruction(&instruction)
            else:
                self.translate_dead(&instruction)
            position = instruction.end
        self.drop_to(0)
        return self.local_count + <uint32_t>self.max_height

    cdef int reserve_locals(self) except -1:
        """Room for the func's locals in `waiting`, where no entry waits between funcs.

        Only new room is filled: many funcs with many locals each cost no more.
        """
        cdef size_t known = self.waiting_capacity
        cdef size_t local
        if self.local_count > MAX_LOCALS:
            raise InternalError(f"more than {MAX_LOCALS} locals in a func")
        self.waiting = <int64_t*>grown(
            self.waiting, &self.waiting_capacity, self.local_count, sizeof(int64_t)
        )
        for local in range(known, self.waiting_capacity):
            self.waiting[local] = -1
        return 0

    # Code

    cdef int reserve_code(self, size_t words) except -1:
        # Distances are signed 32-bit numbers of words.
        if self.code_size + words > 0x7FFFFFFF:
            raise InternalError("the module's register code is too large")
        self.code = <uint32_t*>grown(
            self.code, &self.code_capacity, self.code_size + words, sizeof(uint32_t)
        )
        return 0

    cdef int emit(self, int operation, uint32_t a, uint32_t b, uint32_t c) except -1:
        cdef uint32_t* words
        self.reserve_code(4)
        words = self.code + self.code_size
        if self.accumulated == <int64_t>b and from_accumulator[operation]:
            operation = from_accumulator[operation]
        if is_computing[operation]:
            self.accumulated = a
        elif not is_keeping[operation]:
            self.accumulated = -1
        words[0] = operation
        words[1] = a
        words[2] = b
        words[3] = c
        self.code_size += 4
        return 0

    cdef int emit_unit(self, uint32_t word) except -1:
        """The second unit of an instruction that needs more words."""
        cdef size_t index
        self.reserve_code(4)
        self.code[self.code_size] = word
        for index in range(1, 4):
            self.code[self.code_size + index] = 0
        self.code_size += 4
        return 0

    # The operand stack

    cdef uint32_t own_slot(self, size_t index) noexcept:
        return self.local_count + <uint32_t>index

    cdef int push(self, int kind, uint32_t local, uint64_t value) except -1:
        cdef Entry* entry
        self.entries = <Entry*>grown(
            self.entries, &self.entry_capacity, self.height + 1, sizeof(Entry)
        )
        entry = &self.entries[self.height]
        entry.kind = kind
        entry.local = local
        entry.value = value
        if kind == LOCAL:
            entry.previous = self.waiting[local]
            self.waiting[local] = <int64_t>self.height
        self.height += 1
        if self.height > self.max_height:
            self.max_height = self.height
        return 0

    cdef int push_result(self) except -1:
        """Push what the last instruction wrote to the new entry's own slot."""
        self.producer = <int64_t>self.code_size - 4
        self.push(OWN, 0, 0)
        self.producer_height = self.height
        return 0

    cdef int push_own(self, size_t count) except -1:
        for _ in range(count):
            self.push(OWN, 0, 0)
        self.producer = -1
        return 0

    cdef Entry* pop(self) noexcept:
        """Remove the top entry; what it points to stays until the next push."""
        cdef Entry* entry
        self.height -= 1
        entry = &self.entries[self.height]
        # The top entry is the highest one that waits for its local.
        if entry.kind == LOCAL:
            self.waiting[entry.local] = entry.previous
        if self.settled > self.height:
            self.settled = self.height
        return entry

    cdef int put(self, Entry* entry, size_t index, uint32_t slot) except -1:
        """Copy the value of an entry, whose place is `index`, to a slot."""
        cdef uint32_t own = self.own_slot(index)
        if entry.kind == LOCAL:
            if entry.local != slot:
                self.emit(machine.OP_MOVE, slot, entry.local, 0)
        elif entry.kind == CONSTANT:
            self.emit(
                machine.OP_CONST, slot, <uint32_t>entry.value,
                <uint32_t>(entry.value >> 32),
            )
        elif own != slot:
            self.emit(machine.OP_MOVE, slot, own, 0)
        return 0

    cdef int settle(self, size_t index) except -1:
        """Put an entry into its own slot; it is the highest that waits for its local."""
        cdef Entry* entry = &self.entries[index]
        if entry.kind == OWN:
            return 0
        self.put(entry, index, self.own_slot(index))
        if entry.kind == LOCAL:
            self.waiting[entry.local] = entry.previous
        entry.kind = OWN
        return 0

    cdef int settle_top(self, size_t count) except -1:
        """Put the `count` top entries into their own slots."""
        cdef size_t index = self.height
        while index > self.height - count:
            index -= 1
            self.settle(index)
        return 0

    cdef int settle_locals(self) except -1:
        """Put every entry that waits in a local into its own slot."""
        cdef size_t index = self.height
        while index > self.settled:
            index -= 1
            if self.entries[index].kind == LOCAL:
                self.settle(index)
        self.settled = self.height
        return 0

    cdef int settle_local(self, uint32_t local) except -1:
        """Put every entry that waits for one local into its own slot."""
        while self.waiting[local] >= 0:
            self.settle(<size_t>self.waiting[local])
        return 0

    cdef int64_t slot_of_popped(self) except -1:
        """The slot that holds the entry just popped; a constant is put into its own."""
        cdef Entry* entry = &self.entries[self.height]
        if entry.kind == LOCAL:
            return entry.local
        if entry.kind == CONSTANT:
            self.put(entry, self.height, self.own_slot(self.height))
        return self.own_slot(self.height)

    cdef bint is_produced(self) noexcept:
        """True if the last instruction wrote the top entry and nothing jumps behind."""
        return (
            self.producer >= 0
            and self.producer + 4 == <int64_t>self.code_size
            and self.producer_height == self.height
            and self.entries[self.height - 1].kind == OWN
        )

    # Instructions

    cdef int translate_instruction(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        cdef Rule* rule = &rules[opcode if opcode < 256 else 256 + (opcode & 0xFF)]
        cdef uint32_t local
        if rule.kind == RULE_BINARY:
            return self.binary(instruction)
        if rule.kind == RULE_UNARY:
            return self.unary(instruction)
        if rule.kind == RULE_LOAD:
            return self.load(instruction)
        if rule.kind == RULE_STORE:
            return self.store(instruction)
        if rule.kind == RULE_IN_PLACE:
            return self.in_place(instruction)
        if rule.kind == RULE_NOTHING:
            return 0
        if opcode == 0x20:  # local.get
            return self.push(LOCAL, <uint32_t>instruction.a, 0)
        if opcode == 0x21:  # local.set
            return self.local_set(<uint32_t>instruction.a)
        if opcode == 0x22:  # local.tee
            local = <uint32_t>instruction.a
            self.local_set(local)
            return self.push(LOCAL, local, 0)
        if opcode == 0x41 or opcode == 0x43:  # i32.const, f32.const
            return self.push(CONSTANT, 0, <uint32_t>instruction.a)
        if opcode == 0x42 or opcode == 0x44:  # i64.const, f64.const
            return self.push(CONSTANT, 0, instruction.a)
        if opcode == 0x23:
            return self.global_get(instruction)
        if opcode == 0x24:
            return self.global_set(<uint32_t>instruction.a)
        if opcode == 0x02:
            return self.begin(BLOCK_LABEL, instruction.a)
        if opcode == 0x03:
            return self.begin_loop(instruction)
        if opcode == 0x04:
            return self.begin_if(instruction.a)
        if opcode == 0x05:
            return self.begin_else()
        if opcode == 0x0B:
            return self.end()
        if opcode == 0x0C:
            return self.br(<uint32_t>instruction.a)
        if opcode == 0x0D:
            return self.br_if(<uint32_t>instruction.a)
        if opcode == 0x0E:
            return self.br_table(instruction)
        if opcode == 0x0F:
            return self.br(<uint32_t>self.label_count - 1)
        if opcode == 0x10:
            return self.call(<uint32_t>instruction.a)
        if opcode == 0x11:
            return self.call_indirect(
                <uint32_t>instruction.a, <uint32_t>instruction.b
            )
        if opcode == 0x1A:  # drop
            self.pop()
            return 0
        if opcode == 0x1B or opcode == 0x1C:
            return self.select()
        if opcode == 0xD0:  # ref.null
            return self.push(CONSTANT, 0, 0)
        if opcode == 0x00:
            self.emit(machine.OP_UNREACHABLE, 0, 0, 0)
            return self.die()
        raise InternalError(f"no translation rule for opcode {opcode:#x}")

    cdef int translate_dead(self, Instruction* instruction) except -1:
        """Skip what cannot run, up to the end or else of the innermost label."""
        if instruction.immediate == IMM_BLOCK_TYPE:
            self.dead_depth += 1
        elif instruction.opcode == 0x0B:
            if self.dead_depth == 0:
                return self.end()
            self.dead_depth -= 1
        elif instruction.opcode == 0x05 and self.dead_depth == 0:
            return self.begin_else()
        return 0

    cdef int binary(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        cdef Rule* rule = &rules[opcode]
        cdef Entry right = self.pop()[0]
        cdef Entry left
        cdef uint32_t own
        cdef int64_t a
        cdef int64_t b
        if rule.with_constant and self.fits(&right, rule):
            self.pop()
            a = self.slot_of_popped()
            own = self.own_slot(self.height)
            self.emit(rule.with_constant, own, <uint32_t>a, <uint32_t>right.value)
            return self.push_result()
        b = self.slot_of_popped()
        left = self.pop()[0]
        own = self.own_slot(self.height)
        if rule.swapped_constant and self.fits(&left, rule):
            self.emit(rule.swapped_constant, own, <uint32_t>b, <uint32_t>left.value)
            return self.push_result()
        a = self.slot_of_popped()
        if rule.swapped and self.accumulated == b:
            self.emit(rule.swapped, own, <uint32_t>b, <uint32_t>a)
        else:
            self.emit(rule.operation, own, <uint32_t>a, <uint32_t>b)
        return self.push_result()

    cdef bint fits(self, Entry* entry, Rule* rule) noexcept:
        """True for a constant that an instruction's one word can hold."""
        if entry.kind != CONSTANT:
            return False
        return rule.operand_bits == 32 or (
            <int64_t>entry.value == <int32_t>entry.value
        )

    cdef int unary(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        cdef Rule* rule = &rules[opcode if opcode < 256 else 256 + (opcode & 0xFF)]
        cdef int64_t a
        cdef uint32_t* words
        # `i32.eqz` of a comparison is the opposite comparison.
        if opcode == 0x45 and self.is_produced():
            words = self.code + self.producer
            if inverse[words[0]]:
                words[0] = inverse[words[0]]
                return 0
        self.pop()
        a = self.slot_of_popped()
        self.emit(rule.operation, self.own_slot(self.height), <uint32_t>a, 0)
        return self.push_result()

    cdef int load(self, Instruction* instruction) except -1:
        cdef Rule* rule = &rules[instruction.opcode]
        cdef Entry address = self.pop()[0]
        cdef uint32_t own = self.own_slot(self.height)
        cdef int64_t a
        if (
            address.kind == CONSTANT
            and address.value + instruction.b <= 0xFFFFFFFF
        ):
            self.emit(
                rule.at, own, <uint32_t>(address.value + instruction.b), 0
            )
        else:
            a = self.slot_of_popped()
            self.emit(rule.operation, own, <uint32_t>a, <uint32_t>instruction.b)
        return self.push_result()

    cdef int store(self, Instruction* instruction) except -1:
        cdef Rule* rule = &rules[instruction.opcode]
        cdef Entry value = self.pop()[0]
        cdef bint is_constant = self.fits(&value, rule)
        cdef int64_t second = 0
        cdef int64_t first
        cdef Entry address
        if is_constant:
            second = <uint32_t>value.value
        else:
            second = self.slot_of_popped()
        address = self.pop()[0]
        if (
            address.kind == CONSTANT
            and address.value + instruction.b <= 0xFFFFFFFF
        ):
            return self.emit(
                rule.at_with_constant if is_constant else rule.at,
                <uint32_t>(address.value + instruction.b), <uint32_t>second, 0,
            )
        first = self.slot_of_popped()
        return self.emit(
            rule.with_constant if is_constant else rule.operation,
            <uint32_t>first, <uint32_t>second, <uint32_t>instruction.b,
        )

    cdef int in_place(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        cdef Rule* rule = &rules[opcode if opcode < 256 else 256 + (opcode & 0xFF)]
        self.settle_top(rule.params)
        for _ in range(rule.params):
            self.pop()
        self.emit(
            rule.operation, self.own_slot(self.height),
            <uint32_t>instruction.a, <uint32_t>instruction.b,
        )
        return self.push_own(rule.results)

    cdef int select(self) except -1:
        cdef int64_t a
        cdef int64_t b
        cdef int64_t condition
        self.pop()
        condition = self.slot_of_popped()
        self.pop()
        b = self.slot_of_popped()
        self.pop()
        a = self.slot_of_popped()
        self.emit(
            machine.OP_SELECT, self.own_slot(self.height), <uint32_t>a, <uint32_t>b
        )
        self.emit_unit(<uint32_t>condition)
        return self.push_own(1)

    # Variables

    cdef int local_set(self, uint32_t local) except -1:
        cdef bint is_produced = self.is_produced()
        cdef Entry entry = self.pop()[0]
        if self.waiting[local] >= 0:
            # Below this entry others wait for the old value.
            self.settle_local(local)
            is_produced = False
        if entry.kind == OWN and is_produced:
            if self.accumulated == self.code[self.producer + 1]:
                self.accumulated = local
            self.code[self.producer + 1] = local
            self.stepped = self.producer
        else:
            self.put(&entry, self.height, local)
        self.producer = -1
        return 0

    cdef int global_get(self, Instruction* instruction) except -1:
        cdef uint32_t global_index = <uint32_t>instruction.a
        cdef uint32_t imported = self.shape.imported_globals
        cdef uint32_t own = self.own_slot(self.height)
        cdef uint64_t cost = 0
        cdef uint32_t count = 0
        cdef uint32_t limit = 0
        cdef size_t end
        if global_index < imported:
            self.emit(machine.OP_GLOBAL_GET_IMPORTED, own, global_index, 0)
            return self.push_result()
        global_index -= imported
        end = self.match_charge(instruction, &cost)
        if end:
            instruction.end = end
            return self.charge(machine.OP_CHARGE, global_index, cost)
        end = self.match_stack_enter(instruction, &count, &limit)
        if end:
            instruction.end = end
            self.fusible = <int64_t>self.code_size
            return self.emit(machine.OP_STACK_ENTER, global_index, count, limit)
        end = self.match_stack_leave(instruction, &count)
        if end:
            instruction.end = end
            self.fusible = <int64_t>self.code_size
            return self.emit(machine.OP_STACK_LEAVE, global_index, count, 0)
        self.emit(machine.OP_GLOBAL_GET, own, global_index, 0)
        return self.push_result()

    cdef int charge(
        self, int operation, uint32_t global_index, uint64_t cost
    ) except -1:
        """A charge; a branch or entry just before it does it in passing."""
        cdef uint32_t* last
        if self.is_fusible():
            last = self.code + self.fusible
            if last[0] == machine.OP_STACK_ENTER:
                last[0] = machine.OP_STACK_ENTER_CHARGE
            elif then_charge[last[0]] and operation == machine.OP_CHARGE:
                last[0] = then_charge[last[0]]
        return self.emit(
            operation, global_index, <uint32_t>cost, <uint32_t>(cost >> 32)
        )

    cdef bint is_fusible(self) noexcept:
        """True if the last instruction is one that may do what follows it as well."""
        return self.fusible >= 0 and self.fusible + 4 == <int64_t>self.code_size

    cdef int global_set(self, uint32_t global_index) except -1:
        cdef uint32_t imported = self.shape.imported_globals
        cdef uint8_t val_type = self.shape.global_types[global_index]
        cdef int64_t a
        if val_type == 0x70 or val_type == 0x6F:
            self.settle_top(1)
            self.pop()
            return self.emit(
                machine.OP_GLOBAL_SET_REFERENCE,
                self.own_slot(self.height), global_index, 0,
            )
        self.pop()
        a = self.slot_of_popped()
        if global_index < imported:
            return self.emit(
                machine.OP_GLOBAL_SET_IMPORTED, global_index, <uint32_t>a, 0
            )
        return self.emit(
            machine.OP_GLOBAL_SET, global_index - imported, <uint32_t>a, 0
        )

    # Calls

    cdef int call(self, uint32_t func_index) except -1:
        cdef Block arity = self.shape.types[self.shape.func_types[func_index]]
        cdef uint32_t base
        self.settle_top(arity.params)
        for _ in range(arity.params):
            self.pop()
        base = self.own_slot(self.height)
        if func_index < self.shape.imported_funcs:
            self.emit(machine.OP_CALL_IMPORT, base, func_index, 0)
        else:
            self.calls = <Call*>grown(
                self.calls, &self.call_capacity, self.call_count + 1, sizeof(Call)
            )
            self.calls[self.call_count].instruction = self.code_size
            self.calls[self.call_count].func_index = (
                func_index - self.shape.imported_funcs
            )
            self.call_count += 1
            self.emit(machine.OP_CALL, base, 0, 0)
        return self.push_own(arity.results)

    cdef int call_indirect(self, uint32_t type_index, uint32_t table_index) except -1:
        cdef Block arity = self.shape.types[type_index]
        cdef int64_t index
        self.pop()
        index = self.slot_of_popped()
        self.settle_top(arity.params)
        for _ in range(arity.params):
            self.pop()
        self.emit(
            machine.OP_CALL_INDIRECT, self.own_slot(self.height), <uint32_t>index,
            self.shape.canonical_types[type_index],
        )
        self.emit_unit(table_index)
        return self.push_own(arity.results)

    cdef int resolve_calls(self, size_t* starts, uint32_t* frame_slots) except -1:
        """Write distance and frame size into every call, once all funcs have both."""
        cdef size_t index
        cdef Call* call
        for index in range(self.call_count):
            call = &self.calls[index]
            self.code[call.instruction + 2] = <uint32_t>(
                <int64_t>starts[call.func_index] - <int64_t>call.instruction
            )
            self.code[call.instruction + 3] = frame_slots[call.func_index]
        return 0

    # Blocks

    cdef Block block_of(self, uint64_t block_type) noexcept:
        cdef Block block
        if <int64_t>block_type >= 0:
            return self.shape.types[block_type]
        block.params = 0
        block.results = 0 if <int64_t>block_type == -64 else 1
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
        cdef uint32_t cell = self.shape.own_globals
        self.begin(LOOP_LABEL, instruction.a)
        self.producer = self.accumulated = self.stepped = -1
        if read_instruction(self.body, self.body_size, instruction.end, &next) == 0:
            if next.opcode == 0x23 and next.a >= self.shape.imported_globals:
                end = self.match_charge(&next, &cost)
        if end:
            instruction.end = end
            cell = <uint32_t>next.a - self.shape.imported_globals
        else:
            cost = 0
        return self.charge(machine.OP_CHARGE_LOOP, cell, cost)

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
        self.settled = self.height
        self.is_live = True
        return 0

    cdef int drop_to(self, size_t height) except -1:
        while self.height > height:
            self.pop()
        return 0

    cdef int end(self) except -1:
        cdef Label* label = &self.labels[self.label_count - 1]
        cdef int64_t fixup
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
        self.producer = self.fusible = self.accumulated = self.stepped = -1
        return 0

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
            operation = to_loop[operation]
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
            return self.put(&self.entries[first], first, to)
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
            entry = &self.entries[first]
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
        cdef int fused
        if self.is_produced():
            last = self.code + self.producer
            fused = branch_unless[last[0]] if is_inverted else branch_if[last[0]]
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
        cdef Entry* entry = &self.entries[self.height - 1]
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

    cdef int br_table(self, Instruction* instruction) except -1:
        cdef uint32_t count = <uint32_t>instruction.a
        cdef size_t position = <size_t>instruction.b
        cdef size_t words = ((<size_t>count + 1) + 3) // 4 * 4
        cdef size_t start
        cdef size_t stub
        cdef size_t index
        cdef uint32_t depth = 0
        cdef Label* label
        cdef int64_t slot
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
            label = &self.labels[self.label_count - 1 - depth]
            if self.must_move(label):
                stub = self.code_size
                self.code[start + 4 + index] = <uint32_t>(stub - start)
                self.emit_branch(label)
            else:
                self.target(label, start + 4 + index, start)
        return self.die()

    cdef bint must_move(self, Label* label) noexcept:
        """True if a branch with settled values must still move them."""
        cdef uint32_t count = self.branch_arity(label)
        if count == 0:
            return False
        return label.kind == FUNC_LABEL or self.height - count != label.height

    # The injected sequences (instrumentation): recognised, and run as one operation

    cdef size_t match_charge(self, Instruction* first, uint64_t* cost) noexcept:
        """The end of a gas charge that begins with `first`; 0 if there is none."""
        cdef Instruction next
        cdef size_t position = first.end
        cdef int step
        for step in range(9):
            if read_instruction(self.body, self.body_size, position, &next):
                return 0
            position = next.end
            if step == 0:
                if next.opcode != 0x42:  # i64.const
                    return 0
                cost[0] = next.a
            elif step == 1 and next.opcode != 0x7D:  # i64.sub
                return 0
            elif step == 2 and (next.opcode != 0x24 or next.a != first.a):
                return 0
            elif step == 3 and (next.opcode != 0x23 or next.a != first.a):
                return 0
            elif step == 4 and (next.opcode != 0x42 or next.a != 0):
                return 0
            elif step == 5 and next.opcode != 0x53:  # i64.lt_s
                return 0
            elif step == 6 and (
                next.opcode != 0x04 or <int64_t>next.a != -64
            ):
                return 0
            elif step == 7 and next.opcode != 0x00:  # unreachable
                return 0
            elif step == 8 and next.opcode != 0x0B:  # end
                return 0
        return position

    cdef size_t match_stack_enter(
        self, Instruction* first, uint32_t* count, uint32_t* limit
    ) noexcept:
        """The end of a stack-height entry sequence that begins with `first`, or 0."""
        cdef Instruction next
        cdef size_t position = first.end
        cdef int step
        for step in range(9):
            if read_instruction(self.body, self.body_size, position, &next):
                return 0
            position = next.end
            if step == 0:
                if next.opcode != 0x41:  # i32.const
                    return 0
                count[0] = <uint32_t>next.a
            elif step == 1 and next.opcode != 0x6A:  # i32.add
                return 0
            elif step == 2 and (next.opcode != 0x24 or next.a != first.a):
                return 0
            elif step == 3 and (next.opcode != 0x23 or next.a != first.a):
                return 0
            elif step == 4:
                if next.opcode != 0x41:
                    return 0
                limit[0] = <uint32_t>next.a
            elif step == 5 and next.opcode != 0x4B:  # i32.gt_u
                return 0
            elif step == 6 and (
                next.opcode != 0x04 or <int64_t>next.a != -64
            ):
                return 0
            elif step == 7 and next.opcode != 0x00:
                return 0
            elif step == 8 and next.opcode != 0x0B:
                return 0
        return position

    cdef size_t match_stack_leave(self, Instruction* first, uint32_t* count) noexcept:
        """The end of a stack-height exit sequence that begins with `first`, or 0."""
        cdef Instruction next
        cdef size_t position = first.end
        cdef int step
        for step in range(3):
            if read_instruction(self.body, self.body_size, position, &next):
                return 0
            position = next.end
            if step == 0:
                if next.opcode != 0x41:
                    return 0
                count[0] = <uint32_t>next.a
            elif step == 1 and next.opcode != 0x6B:  # i32.sub
                return 0
            elif step == 2 and (next.opcode != 0x24 or next.a != first.a):
                return 0
        return position
