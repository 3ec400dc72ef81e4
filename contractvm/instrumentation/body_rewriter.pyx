"""Write a plan into one func's body: copy its bytes, with the charges in between."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from contractvm.errors import InternalError

cdef enum:
    OP_BR = 0x0C
    OP_RETURN = 0x0F
    OP_CALL = 0x10
    MAX_LEB_BYTES = 10
    NEVER = -1


cdef size_t write_unsigned(uint8_t* out, uint32_t value) noexcept nogil:
    cdef size_t length = 0
    while value >= 0x80:
        out[length] = <uint8_t>(value & 0x7F | 0x80)
        value >>= 7
        length += 1
    out[length] = <uint8_t>value
    return length + 1


cdef size_t write_signed(uint8_t* out, int64_t value) noexcept nogil:
    cdef size_t length = 0
    while value < -0x40 or value >= 0x40:
        out[length] = <uint8_t>(value & 0x7F | 0x80)
        # An arithmetic shift, as gcc and clang define it for signed numbers.
        value >>= 7
        length += 1
    out[length] = <uint8_t>(value & 0x7F)
    return length + 1


cdef class Writer:
    cdef const uint8_t* source
    cdef size_t size
    cdef size_t copied
    cdef uint8_t* out
    cdef size_t written
    cdef size_t capacity

    def __cinit__(self, bytes code, size_t capacity):
        self.source = code
        self.size = len(code)
        self.copied = 0
        self.written = 0
        self.capacity = capacity
        self.out = <uint8_t*>malloc(capacity)
        if self.out == NULL:
            raise MemoryError()

    def __dealloc__(self):
        free(self.out)

    cdef int copy_until(self, size_t position) except -1:
        """Copy the source up to `position`; positions only grow."""
        if position < self.copied or position > self.size:
            raise InternalError("a plan that does not fit its body")
        memcpy(
            self.out + self.written, self.source + self.copied, position - self.copied
        )
        self.written += position - self.copied
        self.copied = position
        return 0

    cdef void write_bytes(self, bytes part) noexcept:
        cdef const uint8_t* pointer = part
        memcpy(self.out + self.written, pointer, len(part))
        self.written += len(part)

    cdef void write_amount(self, int64_t amount) noexcept:
        self.written += write_signed(self.out + self.written, amount)

    cdef void write_indexed(self, uint8_t opcode, uint32_t index) noexcept:
        self.out[self.written] = opcode
        self.written += 1
        self.written += write_unsigned(self.out + self.written, index)

    cdef int skip_return(self) except -1:
        if self.copied >= self.size or self.source[self.copied] != OP_RETURN:
            raise InternalError("a plan that does not fit its body")
        self.copied += 1
        return 0


def rewrite_body(
    bytes code not None,
    list charges not None,
    list sized not None,
    list returns not None,
    bytes charge_head not None,
    bytes charge_tail not None,
):
    """The body with every charge, sized charge and return written in.

    `charges` are (position, units), put between `charge_head` and `charge_tail`;
    `sized` are (position, func index) of the func to call before the instruction;
    `returns` are (position, label depth) of a return that becomes a branch. Each list
    is in the order of positions.
    """
    cdef size_t charge_index = 0, sized_index = 0, return_index = 0
    cdef size_t charge_count = len(charges)
    cdef size_t sized_count = len(sized)
    cdef size_t return_count = len(returns)
    cdef int64_t next_charge, next_sized, next_return
    cdef tuple entry
    # The most that can be written: an opcode and a number for each insertion.
    cdef Writer writer = Writer(
        code,
        len(code)
        + charge_count * (len(charge_head) + MAX_LEB_BYTES + len(charge_tail))
        + (sized_count + return_count) * (1 + MAX_LEB_BYTES),
    )
    while True:
        next_charge = charges[charge_index][0] if charge_index < charge_count else NEVER
        next_sized = sized[sized_index][0] if sized_index < sized_count else NEVER
        next_return = returns[return_index][0] if return_index < return_count else NEVER
        # At one position, the block's charge comes first.
        if next_charge >= 0 and (
            (next_sized < 0 or next_charge <= next_sized)
            and (next_return < 0 or next_charge <= next_return)
        ):
            entry = charges[charge_index]
            charge_index += 1
            writer.copy_until(entry[0])
            writer.write_bytes(charge_head)
            writer.write_amount(entry[1])
            writer.write_bytes(charge_tail)
        elif next_sized >= 0 and (next_return < 0 or next_sized <= next_return):
            entry = sized[sized_index]
            sized_index += 1
            writer.copy_until(entry[0])
            writer.write_indexed(OP_CALL, entry[1])
        elif next_return >= 0:
            entry = returns[return_index]
            return_index += 1
            writer.copy_until(entry[0])
            writer.skip_return()
            writer.write_indexed(OP_BR, entry[1])
        else:
            break
    writer.copy_until(writer.size)
    return writer.out[:writer.written]
