"""Type-check instruction sequences: the algorithm of the spec's appendix (7.3).

The operand stack is a stack of *runs*: a call with a thousand results pushes one run,
a pointer into the type that names them. So an instruction costs what its operands
differ, not what they count, and a body takes no more memory than a multiple of its
bytes.
"""

import re

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcmp, memset

from contractvm.structure.instruction_reader cimport (
    BLOCK_TYPE_EMPTY,
    IMM_MEM_ARG,
    IMM_MEMORY,
    READ_OK,
    Instruction,
    read_instruction,
    read_u32,
)
from contractvm.validation.module_context cimport BOTTOM, ModuleContext, TypeList

from contractvm.errors import InvalidModule
from contractvm.structure.instruction_reader import READ_ERRORS
from contractvm.structure.opcodes import OPCODES, Immediate
from contractvm.structure.types import ValType

# The instructions whose types depend on context; all others are rows of `signatures`.
cdef enum:
    OP_UNREACHABLE = 0x00
    OP_BLOCK = 0x02
    OP_LOOP = 0x03
    OP_IF = 0x04
    OP_ELSE = 0x05
    OP_END = 0x0B
    OP_BR = 0x0C
    OP_BR_IF = 0x0D
    OP_BR_TABLE = 0x0E
    OP_RETURN = 0x0F
    OP_CALL = 0x10
    OP_CALL_INDIRECT = 0x11
    OP_DROP = 0x1A
    OP_SELECT = 0x1B
    OP_SELECT_T = 0x1C
    OP_LOCAL_GET = 0x20
    OP_LOCAL_SET = 0x21
    OP_LOCAL_TEE = 0x22
    OP_GLOBAL_GET = 0x23
    OP_GLOBAL_SET = 0x24
    OP_TABLE_GET = 0x25
    OP_TABLE_SET = 0x26
    OP_I32_CONST = 0x41
    OP_F64_CONST = 0x44
    OP_I32_ADD = 0x6A
    OP_I32_MUL = 0x6C
    OP_I64_ADD = 0x7C
    OP_I64_MUL = 0x7E
    OP_REF_NULL = 0xD0
    OP_REF_IS_NULL = 0xD1
    OP_REF_FUNC = 0xD2
    OP_MEMORY_INIT = 0xFC08
    OP_DATA_DROP = 0xFC09
    OP_MEMORY_COPY = 0xFC0A
    OP_TABLE_INIT = 0xFC0C
    OP_ELEM_DROP = 0xFC0D
    OP_TABLE_COPY = 0xFC0E
    OP_TABLE_GROW = 0xFC0F
    OP_TABLE_SIZE = 0xFC10
    OP_TABLE_FILL = 0xFC11

cdef enum:
    I32 = 0x7F
    FUNCREF = 0x70
    EXTERNREF = 0x6F
    ANY = BOTTOM  # where any type will do

cdef enum:
    OPCODE_SLOTS = 256 + 18
    FIRST_LOCALS = 64


cdef struct Signature:
    bint is_fixed
    uint8_t param_count
    uint8_t params[3]
    uint8_t result  # BOTTOM for none
    uint8_t alignment  # the greatest exponent that a MEM_ARG may have

cdef struct Run:
    const uint8_t* types
    uint32_t count

cdef struct ControlFrame:
    uint32_t opcode
    bint is_unreachable
    TypeList params
    TypeList results
    size_t base  # runs below belong to outer blocks
    uint64_t base_height

cdef Signature signatures[OPCODE_SLOTS]

# The byte of each type at its own place: what a run of one operand points to.
cdef uint8_t one_type[256]

VAL_TYPE_NAMES = {int(val_type): val_type.text for val_type in ValType}


cdef size_t slot_of(uint32_t opcode) noexcept nogil:
    # The reader returns no other opcodes than a byte or 0xFC00 to 0xFC11.
    return opcode if opcode < 256 else 256 + (opcode & 0xFF)


def _natural_alignment(mnemonic):
    """The exponent of the access's width, from its name: `i64.load16_u` is 1."""
    width = re.match(r"[if](\d\d)\.(?:load|store)(\d*)", mnemonic)
    return (int(width[2] or width[1]) // 8).bit_length() - 1


def _fill_tables():
    for index in range(256):
        one_type[index] = index
    memset(signatures, 0, sizeof(signatures))
    for info in OPCODES:
        if info.params is None:
            continue
        row = &signatures[slot_of(info.opcode)]
        row.is_fixed = True
        row.param_count = len(info.params)
        for index, val_type in enumerate(info.params):
            row.params[index] = val_type
        row.result = info.results[0] if info.results else BOTTOM
        if info.immediate == Immediate.MEM_ARG:
            row.alignment = _natural_alignment(info.mnemonic)


_fill_tables()


cdef class BodyValidator:
    """Checks the bodies and constant expressions of one module, one after the other."""

    cdef ModuleContext context
    cdef Instruction instruction
    # Where a fault is, for the error.
    cdef object func_index
    cdef object offset
    # Operand stack and control stack; the arrays are kept from body to body.
    cdef Run* runs
    cdef size_t run_count
    cdef size_t run_capacity
    cdef uint64_t height
    cdef uint64_t greatest_height
    cdef ControlFrame* frames
    cdef size_t frame_count
    cdef size_t frame_capacity
    # The locals: parameters, the first few others, then the groups with their ends.
    cdef TypeList params
    cdef uint8_t first_locals[FIRST_LOCALS]
    cdef uint64_t* group_ends
    cdef uint8_t* group_types
    cdef size_t group_count
    cdef size_t group_capacity
    # By type list: the br_table that has last compared it with the operands.
    cdef uint64_t* compared_by
    cdef uint64_t br_table_count

    def __cinit__(self, ModuleContext context not None):
        self.context = context
        self.compared_by = <uint64_t*>calloc(context.list_count, sizeof(uint64_t))
        if self.compared_by == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.runs)
        free(self.frames)
        free(self.group_ends)
        free(self.group_types)
        free(self.compared_by)

    def validate_func(self, func_index, func):
        """Check one func; return the greatest height of its operand stack, in values."""
        cdef uint32_t type_index = func.type_index
        # type_index < type_count: validate_module has compared them.
        self.func_index = func_index
        self.offset = func.offset
        self.params = self.context.params[type_index]
        self.set_locals(func.local_groups)
        self.check(func.code, self.context.results[type_index])
        return self.greatest_height

    def validate_constant(self, expression, uint8_t val_type):
        """Check a constant expression (spec 3.3.10) of one result."""
        self.func_index = None
        self.offset = expression.offset
        self.params = self.context.empty_list
        self.set_locals(())
        self.check_constant(expression.code)
        self.check(expression.code, self.context.single_lists[val_type])

    cdef object invalid(self, str reason):
        """The error about the current instruction."""
        return InvalidModule(
            reason, self.func_index, self.offset + self.instruction.start
        )

    # Locals

    cdef int set_locals(self, tuple local_groups) except -1:
        cdef size_t group_count = len(local_groups)
        cdef size_t index = 0
        cdef uint64_t end = 0
        cdef uint64_t start
        cdef uint8_t val_type
        self.reserve_groups(group_count)
        for count, group_type in local_groups:
            # index < group_count <= group_capacity.
            start = end
            end += <uint32_t>count
            val_type = group_type
            self.group_ends[index] = end
            self.group_types[index] = val_type
            if start < FIRST_LOCALS:
                memset(
                    &self.first_locals[start], val_type, min(end, <uint64_t>FIRST_LOCALS) - start
                )
            index += 1
        self.group_count = group_count
        return 0

    cdef int reserve_groups(self, size_t count) except -1:
        cdef void* grown
        if count <= self.group_capacity:
            return 0
        # A count of Python objects times eight cannot wrap.
        grown = realloc(self.group_ends, count * sizeof(uint64_t))
        if grown == NULL:
            raise MemoryError
        self.group_ends = <uint64_t*>grown
        grown = realloc(self.group_types, count)
        if grown == NULL:
            raise MemoryError
        self.group_types = <uint8_t*>grown
        self.group_capacity = count
        return 0

    cdef int local_type(self, uint64_t local_index) except -1:
        cdef size_t low = 0
        cdef size_t high = self.group_count
        cdef size_t middle
        cdef uint64_t index
        if local_index < self.params.count:
            return self.params.types[local_index]
        index = local_index - self.params.count
        if high == 0 or index >= self.group_ends[high - 1]:
            raise self.invalid(f"unknown local {local_index}")
        if index < FIRST_LOCALS:
            return self.first_locals[index]
        # The first group that ends behind `index`; there is one, by the comparison
        # above, and low < high <= group_count holds at every reading.
        while low < high:
            middle = low + (high - low) // 2
            if self.group_ends[middle] > index:
                high = middle
            else:
                low = middle + 1
        return self.group_types[low]

    # Operands

    cdef int push_run(self, const uint8_t* types, uint32_t count) except -1:
        cdef size_t capacity
        cdef void* grown
        if count == 0:
            return 0
        if self.run_count == self.run_capacity:
            # A few runs for each byte of code at most: no wrap below 2**56 bytes.
            capacity = 2 * self.run_capacity if self.run_capacity else 1024
            grown = realloc(self.runs, capacity * sizeof(Run))
            if grown == NULL:
                raise MemoryError
            self.runs = <Run*>grown
            self.run_capacity = capacity
        # run_count < run_capacity: grown above where they were equal.
        self.runs[self.run_count].types = types
        self.runs[self.run_count].count = count
        self.run_count += 1
        self.height += count
        if self.height > self.greatest_height:
            self.greatest_height = self.height
        return 0

    cdef int push(self, uint8_t val_type) except -1:
        return self.push_run(&one_type[val_type], 1)

    cdef int push_list(self, TypeList pushed) except -1:
        return self.push_run(pushed.types, pushed.count)

    cdef int pop(self, uint8_t expected) except -1:
        """Pop one operand and return its type, which may be BOTTOM."""
        # There is always a frame while instructions are checked, and a run is never
        # empty, so the last type of the last run exists where run_count > base >= 0.
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef Run* run
        cdef uint8_t found
        if self.run_count == frame.base:
            if frame.is_unreachable:
                return BOTTOM
            raise self.invalid("type mismatch: the operand stack is empty")
        run = &self.runs[self.run_count - 1]
        run.count -= 1
        found = run.types[run.count]
        if run.count == 0:
            self.run_count -= 1
        self.height -= 1
        if found != expected and found != BOTTOM and expected != ANY:
            raise self.mismatch(expected, found)
        return found

    cdef int pop_list(self, TypeList expected) except -1:
        """Pop operands of these types; in unreachable code there may be fewer."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef uint32_t left = expected.count
        cdef uint32_t taken
        cdef Run* run
        while left:
            if self.run_count == frame.base:
                if frame.is_unreachable:
                    return 0
                raise self.invalid("type mismatch: too few operands")
            run = &self.runs[self.run_count - 1]
            taken = min(run.count, left)
            self.compare(run, run.count, expected.types, left, taken)
            run.count -= taken
            if run.count == 0:
                self.run_count -= 1
            self.height -= taken
            left -= taken
        return 0

    cdef int peek_list(self, TypeList expected) except -1:
        """Compare operands with these types and leave them where they are."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef size_t run_count = self.run_count
        cdef uint32_t left = expected.count
        cdef uint32_t taken
        cdef Run* run
        while left:
            if run_count == frame.base:
                if frame.is_unreachable:
                    return 0
                raise self.invalid("type mismatch: too few operands")
            run_count -= 1
            run = &self.runs[run_count]
            taken = min(run.count, left)
            self.compare(run, run.count, expected.types, left, taken)
            left -= taken
        return 0

    cdef int compare(
        self,
        const Run* run,
        uint32_t run_end,
        const uint8_t* expected,
        uint32_t expected_end,
        uint32_t count,
    ) except -1:
        """Compare the `count` types before each end; both have as many."""
        cdef const uint8_t* left = run.types + (run_end - count)
        cdef const uint8_t* right = expected + (expected_end - count)
        if left == right:
            return 0
        # BOTTOM is only ever pushed as a run of one.
        if count == 1 and (left[0] == right[0] or left[0] == BOTTOM):
            return 0
        if count == 1 or memcmp(left, right, count) != 0:
            raise self.invalid("type mismatch")
        return 0

    cdef object mismatch(self, uint8_t expected, uint8_t found):
        names = VAL_TYPE_NAMES
        # Neither is BOTTOM: that matches everything.
        reason = f"type mismatch: {names[expected]} expected, {names[found]} found"
        return self.invalid(reason)

    # Blocks

    cdef int push_frame(
        self, uint32_t opcode, TypeList params, TypeList results
    ) except -1:
        cdef size_t capacity
        cdef void* grown
        cdef ControlFrame* frame
        if self.frame_count == self.frame_capacity:
            # A frame takes two bytes of code: no wrap below 2**56 bytes.
            capacity = 2 * self.frame_capacity if self.frame_capacity else 64
            grown = realloc(self.frames, capacity * sizeof(ControlFrame))
            if grown == NULL:
                raise MemoryError
            self.frames = <ControlFrame*>grown
            self.frame_capacity = capacity
        # frame_count < frame_capacity: grown above where they were equal.
        frame = &self.frames[self.frame_count]
        frame.opcode = opcode
        frame.is_unreachable = False
        frame.params = params
        frame.results = results
        frame.base = self.run_count
        frame.base_height = self.height
        self.frame_count += 1
        return self.push_list(params)

    cdef int close_frame(self) except -1:
        """Check the results of the innermost block; it stays on the control stack."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        self.pop_list(frame.results)
        if self.run_count != frame.base:
            raise self.invalid("type mismatch: operands are left at the block's end")
        return 0

    cdef int set_unreachable(self) except -1:
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        self.run_count = frame.base
        self.height = frame.base_height
        frame.is_unreachable = True
        return 0

    cdef int label_types(self, uint64_t label_depth, TypeList* out) except -1:
        cdef ControlFrame* frame
        if label_depth >= self.frame_count:
            raise self.invalid(f"unknown label {label_depth}")
        frame = &self.frames[self.frame_count - 1 - label_depth]
        out[0] = frame.params if frame.opcode == OP_LOOP else frame.results
        return 0

    cdef int check_block(self) except -1:
        cdef TypeList params = self.context.empty_list
        cdef TypeList results = self.context.empty_list
        cdef uint64_t block_type = self.instruction.a
        if block_type < <uint64_t>0x100000000:
            if block_type >= self.context.type_count:
                raise self.invalid(f"unknown type {block_type}")
            params = self.context.params[block_type]
            results = self.context.results[block_type]
        elif <int64_t>block_type != BLOCK_TYPE_EMPTY:
            # The reader has seen to it that this is a value type's byte minus 128.
            results = self.context.single_lists[block_type & 0x7F]
        if self.instruction.opcode == OP_IF:
            self.pop(I32)
        self.pop_list(params)
        return self.push_frame(self.instruction.opcode, params, results)

    cdef int check_else(self) except -1:
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        if frame.opcode != OP_IF:
            raise self.invalid("END opcode expected")
        self.close_frame()
        frame.opcode = OP_ELSE
        frame.is_unreachable = False
        return self.push_list(frame.params)

    cdef int check_end(self) except -1:
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef TypeList results = frame.results
        self.close_frame()
        if frame.opcode == OP_IF and frame.params.number != results.number:
            raise self.invalid("type mismatch: if without else must leave its operands")
        self.frame_count -= 1
        return self.push_list(results)

    cdef int check_br(self) except -1:
        cdef TypeList types
        self.label_types(self.instruction.a, &types)
        self.pop_list(types)
        return self.set_unreachable()

    cdef int check_br_if(self) except -1:
        cdef TypeList types
        self.pop(I32)
        self.label_types(self.instruction.a, &types)
        self.pop_list(types)
        return self.push_list(types)

    cdef int check_br_table(self, const uint8_t* code, size_t size) except -1:
        cdef size_t position = self.instruction.b
        cdef uint64_t remaining = self.instruction.a + 1
        cdef uint32_t label_depth = 0
        cdef TypeList types
        cdef uint32_t arity = 0
        cdef bint is_first = True
        self.pop(I32)
        self.br_table_count += 1
        while remaining:
            remaining -= 1
            # The reader has read these numbers before, so they are there.
            read_u32(code, size, &position, &label_depth)
            self.label_types(label_depth, &types)
            if is_first:
                arity = types.count
                is_first = False
            elif types.count != arity:
                raise self.invalid("type mismatch: labels differ in their operands")
            # types.number < list_count, the length of compared_by.
            if self.compared_by[types.number] != self.br_table_count:
                self.compared_by[types.number] = self.br_table_count
                self.peek_list(types)
        return self.set_unreachable()

    # Calls, variables, references

    cdef int check_call(self, uint64_t type_index) except -1:
        # Every caller has compared type_index with type_count.
        self.pop_list(self.context.params[type_index])
        return self.push_list(self.context.results[type_index])

    cdef uint32_t func_type(self, uint64_t func_index) except? 0xFFFFFFFF:
        if func_index >= self.context.func_count:
            raise self.invalid(f"unknown function {func_index}")
        return self.context.func_types[func_index]

    cdef int check_call_indirect(self) except -1:
        if self.table_type(self.instruction.b) != FUNCREF:
            raise self.invalid("type mismatch: the table holds no funcref")
        if self.instruction.a >= self.context.type_count:
            raise self.invalid(f"unknown type {self.instruction.a}")
        self.pop(I32)
        return self.check_call(self.instruction.a)

    cdef int check_select(self) except -1:
        cdef int first
        cdef int second
        self.pop(I32)
        first = self.pop(ANY)
        second = self.pop(ANY)
        if is_reference(first) or is_reference(second):
            raise self.invalid("type mismatch: select of references needs their type")
        if first != second and first != BOTTOM and second != BOTTOM:
            raise self.mismatch(first, second)
        return self.push(second if first == BOTTOM else first)

    cdef int check_typed_select(self, const uint8_t* code) except -1:
        cdef uint8_t val_type
        if self.instruction.a != 1:
            raise self.invalid("invalid result arity")
        # The reader has read `a` types, beginning at position b.
        val_type = code[self.instruction.b]
        self.pop(I32)
        self.pop(val_type)
        self.pop(val_type)
        return self.push(val_type)

    cdef int global_type(self, uint64_t global_index) except -1:
        if global_index >= self.context.global_count:
            raise self.invalid(f"unknown global {global_index}")
        return self.context.global_types[global_index]

    cdef int check_global_set(self) except -1:
        cdef int val_type = self.global_type(self.instruction.a)
        if not self.context.global_mutability[self.instruction.a]:
            raise self.invalid("immutable global")
        return self.pop(val_type)

    cdef int check_ref_is_null(self) except -1:
        cdef int found = self.pop(ANY)
        if found != BOTTOM and not is_reference(found):
            raise self.invalid("type mismatch: a reference expected")
        return self.push(I32)

    # Tables and memories

    cdef int table_type(self, uint64_t table_index) except -1:
        if table_index >= self.context.table_count:
            raise self.invalid(f"unknown table {table_index}")
        return self.context.table_types[table_index]

    cdef int element_type(self, uint64_t element_index) except -1:
        if element_index >= self.context.element_count:
            raise self.invalid(f"unknown elem segment {element_index}")
        return self.context.element_types[element_index]

    cdef int check_memory(self, uint64_t memory_index) except -1:
        if memory_index >= self.context.memory_count:
            raise self.invalid(f"unknown memory {memory_index}")
        return 0

    cdef int check_data(self, uint64_t data_index) except -1:
        if not self.context.has_data_count:
            raise self.invalid("data count section required")
        if data_index >= self.context.data_count:
            raise self.invalid(f"unknown data segment {data_index}")
        return 0

    cdef int check_same_type(self, int left, int right) except -1:
        if left != right:
            raise self.mismatch(left, right)
        return 0

    cdef int check_index(self) except -1:
        """Check the immediate of an instruction that has a fixed signature."""
        cdef uint32_t opcode = self.instruction.opcode
        cdef uint64_t a = self.instruction.a
        cdef uint64_t b = self.instruction.b
        if self.instruction.immediate == IMM_MEM_ARG:
            self.check_memory(0)
            if a > signatures[slot_of(opcode)].alignment:
                raise self.invalid("alignment must not be larger than natural")
        elif self.instruction.immediate == IMM_MEMORY:
            self.check_memory(a)
        elif opcode == OP_REF_FUNC:
            self.func_type(a)
            if not self.context.declared[a]:
                raise self.invalid("undeclared function reference")
        elif opcode == OP_MEMORY_INIT:
            self.check_memory(b)
            self.check_data(a)
        elif opcode == OP_DATA_DROP:
            self.check_data(a)
        elif opcode == OP_MEMORY_COPY:
            self.check_memory(a)
            self.check_memory(b)
        elif opcode == OP_TABLE_INIT:
            self.check_same_type(self.table_type(b), self.element_type(a))
        elif opcode == OP_ELEM_DROP:
            self.element_type(a)
        elif opcode == OP_TABLE_COPY:
            self.check_same_type(self.table_type(a), self.table_type(b))
        elif opcode == OP_TABLE_SIZE:
            self.table_type(a)
        return 0

    # Instructions

    cdef int check_constant(self, bytes code) except -1:
        """Refuse what is no constant instruction, before types are looked at."""
        cdef const uint8_t* pointer = code
        cdef size_t size = len(code)
        cdef uint32_t opcode
        self.instruction.end = 0
        while self.instruction.end < size:
            self.read(pointer, size)
            opcode = self.instruction.opcode
            if opcode == OP_GLOBAL_GET:
                # Only imported globals have a value when these are evaluated.
                if self.instruction.a >= self.context.imported_global_count:
                    raise self.invalid(f"unknown global {self.instruction.a}")
                if self.context.global_mutability[self.instruction.a]:
                    raise self.invalid("constant expression required")
            elif opcode == OP_REF_FUNC:
                self.func_type(self.instruction.a)
                self.context.declared[self.instruction.a] = 1
            elif not is_constant(opcode):
                raise self.invalid("constant expression required")
        return 0

    cdef int read(self, const uint8_t* code, size_t size) except -1:
        """Read the next instruction; it cannot fail on code that was decoded."""
        cdef int status = read_instruction(
            code, size, self.instruction.end, &self.instruction
        )
        if status != READ_OK:
            raise self.invalid(READ_ERRORS[status])
        return 0

    cdef int check(self, bytes code, TypeList results) except -1:
        """Check the body of a block without parameters that ends `code`."""
        cdef const uint8_t* pointer = code
        cdef size_t size = len(code)
        cdef Signature* signature
        cdef size_t index
        self.run_count = 0
        self.frame_count = 0
        self.height = 0
        self.greatest_height = 0
        self.instruction.start = 0
        self.instruction.end = 0
        self.push_frame(OP_BLOCK, self.context.empty_list, results)
        while self.frame_count:
            self.read(pointer, size)
            signature = &signatures[slot_of(self.instruction.opcode)]
            if not signature.is_fixed:
                self.check_by_rule(pointer, size)
                continue
            if self.instruction.immediate:
                self.check_index()
            # param_count <= 3, the length of params.
            index = signature.param_count
            while index:
                index -= 1
                self.pop(signature.params[index])
            if signature.result != BOTTOM:
                self.push(signature.result)
        if self.instruction.end != size:
            raise self.invalid("instructions behind the final end")
        return 0

    cdef int check_by_rule(self, const uint8_t* code, size_t size) except -1:
        """One instruction whose types depend on context, by the spec's rule for it."""
        cdef uint32_t opcode = self.instruction.opcode
        cdef uint64_t a = self.instruction.a
        cdef int val_type
        # Control instructions
        if opcode == OP_UNREACHABLE:
            return self.set_unreachable()
        elif opcode == OP_BLOCK or opcode == OP_LOOP or opcode == OP_IF:
            return self.check_block()
        elif opcode == OP_ELSE:
            return self.check_else()
        elif opcode == OP_END:
            return self.check_end()
        elif opcode == OP_BR:
            return self.check_br()
        elif opcode == OP_BR_IF:
            return self.check_br_if()
        elif opcode == OP_BR_TABLE:
            return self.check_br_table(code, size)
        elif opcode == OP_RETURN:
            self.pop_list(self.frames[0].results)
            return self.set_unreachable()
        elif opcode == OP_CALL:
            return self.check_call(self.func_type(a))
        elif opcode == OP_CALL_INDIRECT:
            return self.check_call_indirect()
        # Parametric instructions
        elif opcode == OP_DROP:
            self.pop(ANY)
            return 0
        elif opcode == OP_SELECT:
            return self.check_select()
        elif opcode == OP_SELECT_T:
            return self.check_typed_select(code)
        # Variable instructions
        elif opcode == OP_LOCAL_GET:
            return self.push(self.local_type(a))
        elif opcode == OP_LOCAL_SET:
            self.pop(self.local_type(a))
            return 0
        elif opcode == OP_LOCAL_TEE:
            val_type = self.local_type(a)
            self.pop(val_type)
            return self.push(val_type)
        elif opcode == OP_GLOBAL_GET:
            return self.push(self.global_type(a))
        elif opcode == OP_GLOBAL_SET:
            self.check_global_set()
            return 0
        # Table instructions
        elif opcode == OP_TABLE_GET:
            val_type = self.table_type(a)
            self.pop(I32)
            return self.push(val_type)
        elif opcode == OP_TABLE_SET:
            self.pop(self.table_type(a))
            self.pop(I32)
            return 0
        elif opcode == OP_TABLE_GROW:
            self.pop(I32)
            self.pop(self.table_type(a))
            return self.push(I32)
        elif opcode == OP_TABLE_FILL:
            self.pop(I32)
            self.pop(self.table_type(a))
            self.pop(I32)
            return 0
        # Reference instructions
        elif opcode == OP_REF_NULL:
            return self.push(<uint8_t>a)
        elif opcode == OP_REF_IS_NULL:
            return self.check_ref_is_null()
        raise self.invalid("illegal opcode")


cdef bint is_reference(int val_type) noexcept nogil:
    return val_type == FUNCREF or val_type == EXTERNREF


cdef bint is_constant(uint32_t opcode) noexcept nogil:
    return (
        opcode == OP_END
        or OP_I32_CONST <= opcode <= OP_F64_CONST
        or OP_I32_ADD <= opcode <= OP_I32_MUL
        or OP_I64_ADD <= opcode <= OP_I64_MUL
        or opcode == OP_REF_NULL
    )
