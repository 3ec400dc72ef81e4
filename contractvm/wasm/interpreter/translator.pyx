# cython: nonecheck=False
"""From validated Wasm code to register code.

An instruction is four 32-bit words: operation, then as its row in `operations.py` has
it: a destination, two operands. A frame's slots are its locals, then one *own slot*
for each possible entry of the operand stack. While translating, the operand stack is
a stack of descriptions: a value may be in its own slot, still in a local, or constant,
so that `local.get` and `const` emit nothing.

The code was validated: indices, types and nesting are taken as right, and each C array
is as large as the validated indices need. Time is linear in the code: an entry is
settled once per push, and a branch is patched once.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.stdlib cimport free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.branch_writer cimport BLOCK_LABEL, FUNC_LABEL, Block
from contractvm.wasm.interpreter.code_writer cimport (CONSTANT, LOCAL, Entry, grown)
from contractvm.wasm.interpreter.operation_rules cimport (
    RULE_BINARY, RULE_IN_PLACE, RULE_LOAD, RULE_NOTHING, RULE_STORE, RULE_UNARY,
    Rule, facts_of, rule_of,
)
from contractvm.wasm.interpreter.variable_writer cimport VariableWriter
from contractvm.wasm.structure.instruction_reader cimport (
    IMM_BLOCK_TYPE, Instruction, read_instruction,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_BLOCK, OP_BR, OP_BR_IF, OP_BR_TABLE, OP_CALL, OP_CALL_INDIRECT, OP_DROP, OP_ELSE,
    OP_END, OP_F32_CONST, OP_F64_CONST, OP_GLOBAL_GET, OP_GLOBAL_SET, OP_I32_CONST,
    OP_I32_EQZ, OP_I64_CONST, OP_IF, OP_LOCAL_GET, OP_LOCAL_SET, OP_LOCAL_TEE, OP_LOOP,
    OP_REF_NULL, OP_RETURN, OP_SELECT, OP_SELECT_T, OP_UNREACHABLE,
)

from contractvm.errors import InternalError


cdef class Translator(VariableWriter):
    """Translates the funcs of one module, one after the other, into one code array."""

    def __dealloc__(self):
        free(self.calls)

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0:
        """Append the code of one func; return the slots that its frame takes."""
        cdef Instruction instruction
        cdef size_t position = 0
        cdef uint32_t params = self.shape.types[type_index].params
        self.body = code
        self.body_size = len(code)
        self.label_count = self.fixup_count = 0
        self.is_live = True
        self.dead_depth = 0
        self.find_gas(&declared_locals, params, &position)
        self.begin_func(params + declared_locals)
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

    # Instructions

    cdef int translate_instruction(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        cdef const Rule* rule = rule_of(instruction.opcode)
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
        if opcode == OP_LOCAL_GET:
            return self.local_get(instruction)
        if opcode == OP_LOCAL_SET:
            return self.local_set(<uint32_t>instruction.a)
        if opcode == OP_LOCAL_TEE:
            self.local_set(<uint32_t>instruction.a)
            return self.push(LOCAL, <uint32_t>instruction.a, 0)
        if opcode == OP_I32_CONST or opcode == OP_F32_CONST:
            return self.push(CONSTANT, 0, <uint32_t>instruction.a)
        if opcode == OP_I64_CONST or opcode == OP_F64_CONST:
            return self.push(CONSTANT, 0, instruction.a)
        if opcode == OP_GLOBAL_GET:
            return self.global_get(instruction)
        if opcode == OP_GLOBAL_SET:
            return self.global_set(<uint32_t>instruction.a)
        if opcode == OP_BLOCK:
            return self.begin(BLOCK_LABEL, instruction.a)
        if opcode == OP_LOOP:
            return self.begin_loop(instruction)
        if opcode == OP_IF:
            return self.begin_if(instruction.a)
        if opcode == OP_ELSE:
            return self.begin_else()
        if opcode == OP_END:
            return self.end()
        if opcode == OP_BR:
            return self.br(<uint32_t>instruction.a)
        if opcode == OP_BR_IF:
            return self.br_if(<uint32_t>instruction.a)
        if opcode == OP_BR_TABLE:
            return self.br_table(instruction)
        if opcode == OP_RETURN:
            return self.br(<uint32_t>self.label_count - 1)
        if opcode == OP_CALL:
            self.call(<uint32_t>instruction.a)
            return self.skip_load(instruction)
        if opcode == OP_CALL_INDIRECT:
            self.call_indirect(instruction)
            return self.skip_load(instruction)
        if opcode == OP_DROP:
            self.pop()
            return 0
        if opcode == OP_SELECT or opcode == OP_SELECT_T:
            return self.select()
        if opcode == OP_REF_NULL:
            return self.push(CONSTANT, 0, 0)
        if opcode == OP_UNREACHABLE:
            self.emit(machine.OP_UNREACHABLE, 0, 0, 0)
            return self.die()
        raise InternalError(f"no translation rule for opcode {opcode:#x}")

    cdef int translate_dead(self, Instruction* instruction) except -1:
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

    cdef int binary(self, Instruction* instruction) except -1:
        cdef const Rule* rule = rule_of(instruction.opcode)
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

    cdef bint fits(self, Entry* entry, const Rule* rule) noexcept:
        """True for a constant that an instruction's one word can hold."""
        if entry.kind != CONSTANT:
            return False
        return rule.operand_bits == 32 or (
            <int64_t>entry.value == <int32_t>entry.value
        )

    cdef int unary(self, Instruction* instruction) except -1:
        cdef uint32_t opcode = instruction.opcode
        cdef const Rule* rule = rule_of(instruction.opcode)
        cdef int64_t a
        cdef uint32_t* words
        # `i32.eqz` of a comparison is the opposite comparison.
        if opcode == OP_I32_EQZ and self.is_produced():
            words = self.code + self.producer
            if facts_of(words[0]).inverse:
                words[0] = facts_of(words[0]).inverse
                return 0
        self.pop()
        a = self.slot_of_popped()
        self.emit(rule.operation, self.own_slot(self.height), <uint32_t>a, 0)
        return self.push_result()

    cdef int load(self, Instruction* instruction) except -1:
        cdef const Rule* rule = rule_of(instruction.opcode)
        cdef Entry address = self.pop()[0]
        cdef uint32_t own = self.own_slot(self.height)
        cdef int64_t a
        if address.kind == CONSTANT and address.value + instruction.b <= 0xFFFFFFFF:
            self.emit(rule.at, own, <uint32_t>(address.value + instruction.b), 0)
        else:
            a = self.slot_of_popped()
            self.emit(rule.operation, own, <uint32_t>a, <uint32_t>instruction.b)
        return self.push_result()

    cdef int store(self, Instruction* instruction) except -1:
        cdef const Rule* rule = rule_of(instruction.opcode)
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
        if address.kind == CONSTANT and address.value + instruction.b <= 0xFFFFFFFF:
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
        cdef const Rule* rule = rule_of(instruction.opcode)
        self.settle_top(rule.params)
        self.drop_to(self.height - rule.params)
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

    # Calls

    cdef int call(self, uint32_t func_index) except -1:
        cdef Block arity = self.shape.types[self.shape.func_types[func_index]]
        cdef uint32_t base
        self.settle_top(arity.params)
        self.drop_to(self.height - arity.params)
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

    cdef int call_indirect(self, Instruction* instruction) except -1:
        cdef uint32_t type_index = <uint32_t>instruction.a
        cdef Block arity = self.shape.types[type_index]
        cdef int64_t index
        self.pop()
        index = self.slot_of_popped()
        self.settle_top(arity.params)
        self.drop_to(self.height - arity.params)
        self.emit(
            machine.OP_CALL_INDIRECT, self.own_slot(self.height), <uint32_t>index,
            self.shape.canonical_types[type_index],
        )
        self.emit_unit(<uint32_t>instruction.b)
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
