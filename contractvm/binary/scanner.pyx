"""Find the end of an expression: instructions well formed, blocks nested properly."""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free, realloc

from contractvm.structure.instruction_reader cimport (
    READ_ILLEGAL_OPCODE,
    READ_OK,
    Instruction,
    read_instruction,
    read_u32,
)

from contractvm.errors import InternalError, MalformedModule
from contractvm.structure.instruction_reader import READ_ERRORS

cdef enum:
    OP_BLOCK = 0x02
    OP_LOOP = 0x03
    OP_IF = 0x04
    OP_ELSE = 0x05
    OP_END = 0x0B
    OP_MEMORY_INIT = 0xFC08
    OP_DATA_DROP = 0xFC09

# What an open block still allows.
cdef enum:
    NO_ELSE = 0
    ELSE_ALLOWED = 1


cdef class ExpressionScanner:
    """Scans expressions of one module; keeps its list of open blocks between them.

    `data_use` is the position of the first instruction that names a data segment, -1
    where none has been seen since it was last set to -1.
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
        """Return the position behind the `end` that closes the expression at `start`.

        Raises MalformedModule. Reads to the end of the module where no `end` comes;
        the caller compares the position with the size that the bytes declare.
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

    cdef str reason(self, int status, size_t position):
        cdef uint32_t number = 0
        if status != READ_ILLEGAL_OPCODE:
            return READ_ERRORS[status]
        text = f"{READ_ERRORS[status]} {self.data[position]:02x}"
        if self.data[position] == 0xFC:
            position += 1
            read_u32(self.data, len(self.data), &position, &number)
            text += f" {number:02x}"
        return text
