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

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.stdlib cimport free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.branches cimport Branches
from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer, grown
from contractvm.wasm.interpreter.func_source cimport (
    UNKNOWN, Block, FuncSource, ModuleShape,
)
from contractvm.wasm.interpreter.injected_code cimport InjectedCode
from contractvm.wasm.interpreter.operand_stack cimport (
    CONSTANT, LOCAL, Entry, OperandStack,
)
from contractvm.wasm.interpreter.operation_rules cimport (
    RULE_BINARY, RULE_IN_PLACE, RULE_LOAD, RULE_NOTHING, RULE_STORE, RULE_UNARY,
    Rule, facts_of, rule_of,
)
from contractvm.wasm.interpreter.machine cimport is_short_float, short_float
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.interpreter.variables cimport Variables
from contractvm.wasm.structure.instruction_reader cimport Instruction, read_instruction
from contractvm.wasm.structure.opcodes cimport (
    OP_BLOCK, OP_BR, OP_BR_IF, OP_BR_TABLE, OP_CALL, OP_CALL_INDIRECT, OP_DROP, OP_ELSE,
    OP_END, OP_F32_CONST, OP_F64_CONST, OP_GLOBAL_GET, OP_GLOBAL_SET, OP_I32_CONST,
    OP_I32_EQZ, OP_I64_CONST, OP_IF, OP_LOCAL_GET, OP_LOCAL_SET, OP_LOCAL_TEE, OP_LOOP,
    OP_REF_NULL, OP_RETURN, OP_SELECT, OP_SELECT_T, OP_UNREACHABLE,
)

from contractvm.errors import InternalError


cdef uint32_t constant_word(const Entry* entry, const Rule* rule) noexcept:
    """The word of a constant that fits."""
    if rule.takes_floats and rule.operand_bits == 64:
        return short_float(entry.value)
    return <uint32_t>entry.value


cdef bint is_low_half(const Entry* entry) noexcept:
    """True for 2^32-1, with which `and` wraps; no word, which has a sign, holds it."""
    return entry.kind == CONSTANT and entry.value == 0xFFFFFFFF


@cython.final
cdef class Translator:
    """Translates the funcs of one module, each once and in order, into one code array.

    What `probe` emits at its points is recorded when the code runs.
    """

    def __cinit__(self, Probe probe not None):
        self.code = CodeBuffer()
        self.stack = OperandStack(self.code)
        self.source = FuncSource()
        self.probe = probe
        probe.attach(self.code, self.stack, self.source)
        self.injected = InjectedCode(self.code, self.source, probe)
        self.branches = Branches(
            self.code, self.stack, self.source, self.injected, probe
        )
        self.variables = Variables(self.code, self.stack, self.source, self.injected)

    def __dealloc__(self):
        free(self.calls)

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0:
        """Append the code of one func; return the slots that its frame takes."""
        cdef FuncSource source = self.source
        cdef Branches branches = self.branches
        cdef Instruction instruction
        cdef size_t position = 0
        cdef bint is_entering = True
        cdef uint32_t params = source.shape.types[type_index].params
        source.body = code
        source.body_size = len(code)
        source.position = 0
        source.float_locals[0] = source.float_locals[1] = UNKNOWN
        self.code.forget_last()
        self.probe.enter()
        self.injected.skip_first_load(&declared_locals, params, &position)
        self.stack.begin_func(params + declared_locals)
        branches.begin_func(type_index)
        while position < source.body_size:
            if read_instruction(source.body, source.body_size, position, &instruction):
                raise InternalError("translation met a malformed instruction")
            source.position = instruction.start
            if is_entering and not source.is_of_entry(&instruction):
                is_entering = False
                self.zero_locals(params, declared_locals)
            if branches.is_live:
                self.probe.instruction(&instruction)
                self.translate_instruction(&instruction)
            else:
                branches.skip_dead(&instruction)
            position = instruction.end
        self.stack.drop_to(0)
        source.func_number += 1
        return self.stack.local_count + <uint32_t>self.stack.max_height

    cdef int zero_locals(self, uint32_t first, uint32_t count) except -1:
        """Declared locals start at zero, when the func has been paid for."""
        if count == 1:
            return self.code.emit(machine.OP_ZERO, first, 0, 0)
        if count:
            return self.code.emit(machine.OP_ZERO_RUN, first, count, 0)
        return 0

    # Instructions

    cdef int translate_instruction(self, Instruction* instruction) except -1:
        cdef const Rule* rule = rule_of(instruction.opcode)
        if rule.kind == RULE_BINARY:
            self.probe.compare(instruction)
            self.binary(rule)
            return self.injected.skip_replacement(instruction, rule.float_bits)
        if rule.kind == RULE_UNARY:
            self.probe.compare(instruction)
            self.unary(instruction.opcode, rule)
            return self.injected.skip_replacement(instruction, rule.float_bits)
        if rule.kind == RULE_LOAD:
            return self.load(instruction, rule)
        if rule.kind == RULE_STORE:
            return self.store(instruction, rule)
        if rule.kind == RULE_IN_PLACE:
            return self.in_place(instruction, rule)
        if rule.kind == RULE_NOTHING:
            return 0
        return self.translate_by_opcode(instruction)

    cdef int translate_by_opcode(self, Instruction* instruction) except -1:
        """Operations with a separate rule."""
        cdef uint32_t opcode = instruction.opcode
        if opcode == OP_LOCAL_GET:
            return self.variables.local_get(instruction)
        if opcode == OP_LOCAL_SET:
            return self.variables.local_set(<uint32_t>instruction.a)
        if opcode == OP_LOCAL_TEE:
            self.variables.local_set(<uint32_t>instruction.a)
            return self.stack.push_entry(LOCAL, 1, <uint32_t>instruction.a, 0)
        if opcode == OP_I32_CONST or opcode == OP_F32_CONST:
            return self.stack.push_entry(CONSTANT, 1, 0, <uint32_t>instruction.a)
        if opcode == OP_I64_CONST or opcode == OP_F64_CONST:
            return self.stack.push_entry(CONSTANT, 1, 0, instruction.a)
        if opcode == OP_GLOBAL_GET:
            return self.variables.global_get(instruction)
        if opcode == OP_GLOBAL_SET:
            return self.variables.global_set(<uint32_t>instruction.a)
        if opcode == OP_BLOCK:
            return self.branches.begin_block(instruction.a)
        if opcode == OP_LOOP:
            return self.branches.begin_loop(instruction)
        if opcode == OP_IF:
            return self.branches.begin_if(instruction.a)
        if opcode == OP_ELSE:
            return self.branches.begin_else()
        if opcode == OP_END:
            return self.branches.end()
        if opcode == OP_BR:
            return self.branches.br(<uint32_t>instruction.a)
        if opcode == OP_BR_IF:
            return self.branches.br_if(<uint32_t>instruction.a)
        if opcode == OP_BR_TABLE:
            return self.branches.br_table(instruction)
        if opcode == OP_RETURN:
            return self.branches.br(<uint32_t>self.branches.labels.count - 1)
        if opcode == OP_CALL:
            self.call(<uint32_t>instruction.a)
            return self.injected.skip_load(instruction)
        if opcode == OP_CALL_INDIRECT:
            self.call_indirect(instruction)
            return self.injected.skip_load(instruction)
        if opcode == OP_DROP:
            self.stack.pop()
            return 0
        if opcode == OP_SELECT or opcode == OP_SELECT_T:
            return self.select()
        if opcode == OP_REF_NULL:
            return self.stack.push_entry(CONSTANT, 1, 0, 0)
        if opcode == OP_UNREACHABLE:
            self.code.emit(machine.OP_UNREACHABLE, 0, 0, 0)
            return self.branches.die()
        raise InternalError(f"no translation rule for opcode {opcode:#x}")

    cdef int binary(self, const Rule* rule) except -1:
        cdef Entry right = self.stack.pop()[0]
        cdef Entry left
        cdef uint32_t own
        cdef int64_t a
        cdef int64_t b
        if rule.operation == machine.OP_I64_AND and is_low_half(&right):
            self.stack.pop()
            a = self.stack.slot_of_popped()
            own = self.stack.next_slot()
            self.code.emit(machine.OP_I32_WRAP_I64, own, <uint32_t>a, 0)
            return self.stack.push_result()
        if rule.with_constant and self.fits(&right, rule):
            self.stack.pop()
            a = self.stack.slot_of_popped()
            own = self.stack.next_slot()
            self.code.emit(
                rule.with_constant, own, <uint32_t>a, constant_word(&right, rule)
            )
            return self.stack.push_result()
        b = self.stack.slot_of_popped()
        left = self.stack.pop()[0]
        own = self.stack.next_slot()
        if rule.swapped_constant and self.fits(&left, rule):
            self.code.emit(
                rule.swapped_constant, own, <uint32_t>b, constant_word(&left, rule)
            )
            return self.stack.push_result()
        a = self.stack.slot_of_popped()
        if rule.swapped and self.code.accumulated == b:
            self.code.emit(rule.swapped, own, <uint32_t>b, <uint32_t>a)
        else:
            self.code.emit(rule.operation, own, <uint32_t>a, <uint32_t>b)
        return self.stack.push_result()

    cdef bint fits(self, Entry* entry, const Rule* rule) noexcept:
        """True for a constant that an instruction's one word can hold."""
        if entry.kind != CONSTANT:
            return False
        if rule.operand_bits == 32:
            return True
        if rule.takes_floats:
            return is_short_float(entry.value)
        return <int64_t>entry.value == <int32_t>entry.value

    cdef int unary(self, uint32_t opcode, const Rule* rule) except -1:
        cdef int64_t a
        cdef uint32_t* words
        # `i32.eqz` of a comparison is the opposite comparison.
        if opcode == OP_I32_EQZ and self.stack.is_produced():
            words = self.code.words + self.code.producer
            if facts_of(words[0]).inverse:
                words[0] = facts_of(words[0]).inverse
                return 0
        self.stack.pop()
        a = self.stack.slot_of_popped()
        self.code.emit(rule.operation, self.stack.next_slot(), <uint32_t>a, 0)
        return self.stack.push_result()

    cdef int load(self, Instruction* instruction, const Rule* rule) except -1:
        cdef Entry address = self.stack.pop()[0]
        cdef uint32_t own = self.stack.next_slot()
        cdef int64_t a
        if address.kind == CONSTANT and address.value + instruction.b <= 0xFFFFFFFF:
            self.code.emit(rule.at, own, <uint32_t>(address.value + instruction.b), 0)
        else:
            a = self.stack.slot_of_popped()
            self.code.emit(rule.operation, own, <uint32_t>a, <uint32_t>instruction.b)
        return self.stack.push_result()

    cdef int store(self, Instruction* instruction, const Rule* rule) except -1:
        cdef Entry value = self.stack.pop()[0]
        cdef bint is_constant = self.fits(&value, rule)
        cdef int64_t second = 0
        cdef int64_t first
        cdef Entry address
        if is_constant:
            second = <uint32_t>value.value
        else:
            second = self.stack.slot_of_popped()
        address = self.stack.pop()[0]
        if address.kind == CONSTANT and address.value + instruction.b <= 0xFFFFFFFF:
            return self.code.emit(
                rule.at_with_constant if is_constant else rule.at,
                <uint32_t>(address.value + instruction.b), <uint32_t>second, 0,
            )
        first = self.stack.slot_of_popped()
        return self.code.emit(
            rule.with_constant if is_constant else rule.operation,
            <uint32_t>first, <uint32_t>second, <uint32_t>instruction.b,
        )

    cdef int in_place(self, Instruction* instruction, const Rule* rule) except -1:
        self.stack.settle_top(rule.params)
        self.stack.drop_to(self.stack.height - rule.params)
        self.code.emit(
            rule.operation, self.stack.next_slot(),
            <uint32_t>instruction.a, <uint32_t>instruction.b,
        )
        return self.stack.push_own(rule.results)

    cdef int select(self) except -1:
        cdef int64_t a
        cdef int64_t b
        cdef int64_t condition
        self.stack.pop()
        condition = self.stack.slot_of_popped()
        self.stack.pop()
        b = self.stack.slot_of_popped()
        self.stack.pop()
        a = self.stack.slot_of_popped()
        self.code.emit(
            machine.OP_SELECT, self.stack.next_slot(), <uint32_t>a, <uint32_t>b
        )
        self.code.emit_unit(<uint32_t>condition)
        return self.stack.push_own(1)

    # Calls

    cdef int call(self, uint32_t func_index) except -1:
        cdef ModuleShape* shape = self.source.shape
        cdef Block arity = shape.types[shape.func_types[func_index]]
        cdef uint32_t base
        self.probe.call(func_index)
        self.stack.settle_top(arity.params)
        self.stack.drop_to(self.stack.height - arity.params)
        base = self.stack.next_slot()
        if func_index < shape.imported_funcs:
            self.code.emit(machine.OP_CALL_IMPORT, base, func_index, 0)
        else:
            self.calls = <Call*>grown(
                self.calls, &self.call_capacity, self.call_count + 1, sizeof(Call)
            )
            self.calls[self.call_count].instruction = self.code.size
            self.calls[self.call_count].func_index = func_index - shape.imported_funcs
            self.call_count += 1
            self.code.emit(machine.OP_CALL, base, 0, 0)
        return self.stack.push_own(arity.results)

    cdef int call_indirect(self, Instruction* instruction) except -1:
        cdef uint32_t type_index = <uint32_t>instruction.a
        cdef Block arity = self.source.shape.types[type_index]
        cdef int64_t index
        self.probe.call_indirect(instruction)
        self.stack.pop()
        index = self.stack.slot_of_popped()
        self.stack.settle_top(arity.params)
        self.stack.drop_to(self.stack.height - arity.params)
        self.code.emit(
            machine.OP_CALL_INDIRECT, self.stack.next_slot(), <uint32_t>index,
            self.source.shape.canonical_types[type_index],
        )
        self.code.emit_unit(<uint32_t>instruction.b)
        return self.stack.push_own(arity.results)

    cdef int resolve_calls(self, size_t* starts, uint32_t* frame_slots) except -1:
        """Write distance and frame size into every call, once all funcs have both."""
        cdef size_t index
        cdef uint32_t first
        cdef Call* call
        for index in range(self.call_count):
            call = &self.calls[index]
            # A func has an instruction at least: its return.
            first = self.code.words[starts[call.func_index]]
            if first == machine.OP_STACK_ENTER_CHARGE:
                self.code.words[call.instruction] = machine.OP_CALL_CHARGED
            self.code.words[call.instruction + 2] = <uint32_t>(
                <int64_t>starts[call.func_index] - <int64_t>call.instruction
            )
            self.code.words[call.instruction + 3] = frame_slots[call.func_index]
        return 0
