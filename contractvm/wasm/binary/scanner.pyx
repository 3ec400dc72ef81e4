# cython: nonecheck=False
"""A scanner that reads function bodies and finds the end of an expression."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.wasm.structure.func cimport make_func
from contractvm.wasm.structure.instruction_reader cimport (
    READ_ILLEGAL_OPCODE, READ_OK, Instruction, read_instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_BLOCK, OP_DATA_DROP, OP_ELSE, OP_END, OP_IF, OP_MEMORY_INIT, PREFIX,
)

from contractvm.errors import InternalError, MalformedModule
from contractvm.wasm.structure.instruction_reader import READ_ERRORS
from contractvm.wasm.structure.types import ValType

VAL_TYPES = {int(val_type): val_type for val_type in ValType}

cdef uint32_t MAX_LOCALS = 0xFFFFFFFF

# What may still follow in an open block.
cdef enum:
    NO_ELSE = 0
    ELSE_ALLOWED = 1


cdef class ExpressionScanner:
    """Scans expressions of one module; keeps its list of open blocks between them.

    `data_use` is the position of the first instruction that names a data segment, -1
    if there was none since it was last set to -1.
    """

    cdef bytes data
    cdef uint8_t* open_blocks
    cdef size_t capacity
    cdef public Py_ssize_t data_use

    def __cinit__(self, bytes data not None):
        self.data = data
        self.data_use = -1

    def __dealloc__(self):
        free(self.open_blocks)

    cdef int grow(self) except -1:
        cdef size_t capacity = 2 * self.capacity if self.capacity else 256
        # Blocks take two bytes of the module each, so capacity stays below its size
        # times two and cannot wrap.
        cdef void* grown = realloc(self.open_blocks, capacity)
        if grown == NULL:
            raise InternalError("no memory for the nesting of blocks")
        self.open_blocks = <uint8_t*>grown
        self.capacity = capacity
        return 0

    def scan(self, size_t start):
        """Return the position after the `end` of the expression at `start`."""
        return self.end_of(start)

    cdef size_t end_of(self, size_t start) except 0:
        """Return the position after the `end` that closes the expression at `start`.

        Raises MalformedModule. Reads to the end of the module if there is no `end`;
        the caller compares the position with the declared size.
        """
        cdef const uint8_t* code = self.data
        cdef size_t size = len(self.data)
        cdef size_t position = start
        cdef size_t depth = 0
        cdef int status
        cdef Instruction instruction
        while True:
            status = read_instruction(code, size, position, &instruction)
            if status != READ_OK:
                raise MalformedModule(
                    self.reason(status, position), instruction.end
                )
            if instruction.opcode == OP_END:
                if depth == 0:
                    return instruction.end
                depth -= 1
            elif OP_BLOCK <= instruction.opcode <= OP_IF:
                if depth == self.capacity:
                    self.grow()
                # depth < capacity: grown above where they were equal.
                self.open_blocks[depth] = (
                    ELSE_ALLOWED if instruction.opcode == OP_IF else NO_ELSE
                )
                depth += 1
            elif instruction.opcode == OP_ELSE:
                # depth - 1 < capacity: that entry was written when its block opened.
                if depth == 0 or self.open_blocks[depth - 1] == NO_ELSE:
                    raise MalformedModule("END opcode expected", position)
                self.open_blocks[depth - 1] = NO_ELSE
            elif OP_MEMORY_INIT <= instruction.opcode <= OP_DATA_DROP:
                if self.data_use < 0:
                    self.data_use = <Py_ssize_t>position
            position = instruction.end

    def read_numbers(self, size_t position, size_t count):
        """Read `count` unsigned 32-bit numbers; return them and the next position."""
        cdef size_t _index
        cdef list numbers = []
        for _index in range(count):
            numbers.append(self.read_number(&position))
        return tuple(numbers), position

    def read_bodies(self, size_t position, size_t count, tuple type_indices not None):
        """Read the bodies at `position` (spec 5.5.13): the funcs and the next position.

        A func beyond the type indices has type 0. Raises MalformedModule.
        """
        cdef const uint8_t* data = self.data
        cdef size_t index, start, code_start
        cdef size_t known = len(type_indices)
        cdef list funcs = []
        cdef tuple local_groups
        for index in range(count):
            length = self.read_length(&position)
            start = position
            local_groups = self.read_local_groups(&position)
            code_start = position
            position = self.end_of(code_start)
            if position != start + length:
                raise MalformedModule("section size mismatch", start)
            # code_start < position <= len(data): `end_of` has read that far.
            code = data[code_start:position]
            type_index = type_indices[index] if index < known else 0
            funcs.append(make_func(type_index, local_groups, code, code_start))
        return tuple(funcs), position

    cdef uint32_t read_number(self, size_t* position) except? 0:
        cdef uint32_t number = 0
        cdef int status = read_u32(self.data, len(self.data), position, &number)
        if status != READ_OK:
            raise MalformedModule(READ_ERRORS[status], position[0])
        return number

    cdef uint32_t read_length(self, size_t* position) except? 0:
        """As `ByteReader.read_length`."""
        cdef size_t start = position[0]
        cdef uint32_t length = self.read_number(position)
        if length > <size_t>len(self.data) - start:
            raise MalformedModule("length out of bounds", start)
        return length

    cdef tuple read_local_groups(self, size_t* position):
        """Groups of locals of one type; fewer than 2**32 locals in all."""
        cdef size_t start = position[0]
        cdef uint32_t remaining = self.read_length(position)
        cdef uint32_t count
        # At most 2**32 groups of less than 2**32: no wrap.
        cdef uint64_t total = 0
        cdef list groups = []
        if remaining == 0:
            return ()
        while remaining:
            remaining -= 1
            count = self.read_number(position)
            total += count
            if position[0] >= <size_t>len(self.data):
                raise MalformedModule("unexpected end", position[0])
            val_type = VAL_TYPES.get(<uint8_t>self.data[position[0]])
            if val_type is None:
                raise MalformedModule("malformed value type", position[0])
            position[0] += 1
            groups.append((count, val_type))
        if total > MAX_LOCALS:
            raise MalformedModule("too many locals", start)
        return tuple(groups)

    cdef str reason(self, int status, size_t position):
        cdef uint32_t number = 0
        if status != READ_ILLEGAL_OPCODE:
            return READ_ERRORS[status]
        text = f"{READ_ERRORS[status]} {self.data[position]:02x}"
        if self.data[position] == PREFIX:
            position += 1
            read_u32(self.data, len(self.data), &position, &number)
            text += f" {number:02x}"
        return text
