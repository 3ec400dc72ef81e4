# cython: nonecheck=False
"""Type-check instruction sequences: the algorithm of the spec's appendix (7.3)."""

from cython cimport final, nonecheck
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from contractvm.wasm.structure.func cimport Func
from contractvm.wasm.structure.instruction_reader cimport (
    BLOCK_TYPE_EMPTY, IMM_MEM_ARG, IMM_MEMORY, READ_OK, read_instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport *
from contractvm.wasm.validation.instruction_types cimport *
from contractvm.wasm.validation.local_types cimport NO_LOCAL, LocalTypes
from contractvm.wasm.validation.module_context cimport BOTTOM, ModuleContext, TypeList
from contractvm.wasm.validation.type_stack cimport ANY, ControlFrame, TypeStack

from contractvm.errors import ForbiddenProposal
from contractvm.wasm.structure.instruction_reader import READ_ERRORS


@final
cdef class BodyValidator(TypeStack):
    """Checks the bodies and constant expressions of one module, one after the other."""

    cdef ModuleContext context
    cdef LocalTypes locals
    # By type list: the br_table that has last compared it with the operands.
    cdef uint64_t* compared_by
    cdef uint64_t br_table_count

    def __cinit__(self, ModuleContext context not None, uint64_t max_height):
        self.context = context
        self.max_height = max_height
        self.locals = LocalTypes()
        self.compared_by = <uint64_t*>calloc(context.list_count, sizeof(uint64_t))
        if self.compared_by == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.compared_by)

    @nonecheck(True)  # of what the tuple holds
    def validate_funcs(self, first_index, tuple funcs not None):
        """Check funcs, in order; return the greatest operand stack height of each."""
        cdef Func func
        cdef uint32_t type_index
        cdef list heights = []
        for func_index, func in enumerate(funcs, first_index):
            type_index = func.type_index
            self.func_index = func_index
            self.offset = func.offset
            if type_index >= self.context.type_count:
                raise self.invalid(f"unknown type {type_index}")
            self.locals.set(self.context.params[type_index], func.local_groups)
            self.check(func.code, self.context.results[type_index])
            heights.append(self.greatest_height)
        return tuple(heights)

    def validate_constant(self, expression, uint8_t val_type, size_t known_globals):
        """Check a constant expression (spec 3.3.10) of one result."""
        self.func_index = None
        self.offset = expression.offset
        self.locals.set(self.context.empty_list, ())
        self.check_constant(expression.code, known_globals)
        self.check(expression.code, self.context.single_lists[val_type])

    # Blocks

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
            # The reader has checked that this is a value type's byte minus 128.
            results = self.context.single_lists[block_type & 0x7F]
        if self.instruction.opcode == OP_IF:
            self.pop(TYPE_I32)
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

    cdef int check_br(self) except -1:
        cdef TypeList types
        self.label_types(self.instruction.a, &types)
        self.pop_list(types)
        return self.set_unreachable()

    cdef int check_br_if(self) except -1:
        cdef TypeList types
        self.pop(TYPE_I32)
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
        self.pop(TYPE_I32)
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

    cdef int local_type(self, uint64_t local_index) except -1:
        cdef int found = self.locals.get(local_index)
        if found == NO_LOCAL:
            raise self.invalid(f"unknown local {local_index}")
        return found

    cdef int check_call(self, uint64_t type_index) except -1:
        # Every caller has compared type_index with type_count.
        self.pop_list(self.context.params[type_index])
        return self.push_list(self.context.results[type_index])

    cdef uint32_t func_type(self, uint64_t func_index) except? 0xFFFFFFFF:
        if func_index >= self.context.func_count:
            raise self.invalid(f"unknown function {func_index}")
        return self.context.func_types[func_index]

    cdef int check_call_indirect(self) except -1:
        if self.table_type(self.instruction.b) != TYPE_FUNCREF:
            raise self.invalid("type mismatch: the table holds no funcref")
        if self.instruction.a >= self.context.type_count:
            raise self.invalid(f"unknown type {self.instruction.a}")
        self.pop(TYPE_I32)
        return self.check_call(self.instruction.a)

    cdef int check_select(self) except -1:
        cdef int first
        cdef int second
        self.pop(TYPE_I32)
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
        self.pop(TYPE_I32)
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
        return self.push(TYPE_I32)

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

    cdef int check_constant(self, bytes code, size_t known_globals) except -1:
        """Refuse an instruction that is not constant, before checking its types."""
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
                    raise self.unknown_global(known_globals)
                if self.context.global_mutability[self.instruction.a]:
                    raise self.invalid("constant expression required")
            elif opcode == OP_REF_FUNC:
                self.func_type(self.instruction.a)
                self.context.declared[self.instruction.a] = 1
            elif not is_constant(opcode):
                raise self.invalid("constant expression required")
        return 0

    cdef object unknown_global(self, size_t known_globals):
        """The error about a global that the module defines, in a constant expression.

        With the proposal GC such a global has a value if it is defined before.
        """
        cdef uint64_t index = self.instruction.a
        known_globals = min(known_globals, self.context.global_count)
        reason = f"unknown global {index}"
        if index >= known_globals or self.context.global_mutability[index]:
            return self.invalid(reason)
        construct = f"global.get {index} in a constant expression"
        place = self.offset + self.instruction.start
        return ForbiddenProposal(reason, "GC", construct, place)

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
        self.clear()
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
            raise self.invalid("instructions after the final end")
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
            return self.end_frame()
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
            self.pop(TYPE_I32)
            return self.push(val_type)
        elif opcode == OP_TABLE_SET:
            self.pop(self.table_type(a))
            self.pop(TYPE_I32)
            return 0
        elif opcode == OP_TABLE_GROW:
            self.pop(TYPE_I32)
            self.pop(self.table_type(a))
            return self.push(TYPE_I32)
        elif opcode == OP_TABLE_FILL:
            self.pop(TYPE_I32)
            self.pop(self.table_type(a))
            self.pop(TYPE_I32)
            return 0
        # Reference instructions
        elif opcode == OP_REF_NULL:
            return self.push(<uint8_t>a)
        elif opcode == OP_REF_IS_NULL:
            return self.check_ref_is_null()
        raise self.invalid("illegal opcode")
