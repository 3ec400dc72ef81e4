# cython: nonecheck=False
"""Write plans into the bodies of funcs: copy the bytes, with the charges in between."""

from cython cimport nonecheck
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from contractvm.metering.body_plan cimport (CHARGE, LOAD, SIZED, BodyPlan, Insertion)
from contractvm.wasm.structure.func cimport Func, make_func
from contractvm.wasm.structure.opcodes cimport OP_BR, OP_CALL, OP_RETURN

from contractvm.errors import InternalError
from contractvm.wasm.structure.types import ValType

cdef enum:
    MAX_LEB_BYTES = 10


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


cdef tuple with_gas_local(tuple local_groups):
    """One i64 more; in the last group where that is of i64, as a text would have it."""
    if local_groups and local_groups[-1][1] == ValType.I64:
        return (*local_groups[:-1], (local_groups[-1][0] + 1, ValType.I64))
    return (*local_groups, (1, ValType.I64))


cdef class Pieces:
    """What is written into every body around amounts and indices.

    `charge_head` and `charge_tail` stand around the units of a charge; `chargers` has
    the index of the func to call by the price of a sized instruction. `with_local`
    gives head, tail and load by the index of a local that holds the counter too; it is
    used where the index, which follows from `param_counts` by type index, is below
    `local_limit`.
    """

    cdef bytes charge_head
    cdef bytes charge_tail
    cdef dict chargers
    cdef object with_local
    cdef dict param_counts
    cdef object local_limit

    def __cinit__(
        self,
        bytes charge_head not None,
        bytes charge_tail not None,
        dict chargers not None,
        with_local,
        dict param_counts not None,
        local_limit,
    ):
        self.charge_head = charge_head
        self.charge_tail = charge_tail
        self.chargers = chargers
        self.with_local = with_local
        self.param_counts = param_counts
        self.local_limit = local_limit


cdef class StackPieces:
    """What is written around every body where the stack is limited.

    A body becomes `head`, height, `entry`, block type, body, `head`, height, `leave`.
    The block's label takes the place of the body's own, so branches keep their depths.
    """

    cdef object limit
    cdef bytes head
    cdef bytes entry
    cdef bytes leave

    def __cinit__(
        self,
        limit,
        bytes head not None,
        bytes entry not None,
        bytes leave not None,
    ):
        self.limit = limit
        self.head = head
        self.entry = entry
        self.leave = leave


cdef class BodyWriter:
    """Writes one body after another; its buffer is kept between them."""

    cdef Pieces pieces
    # Those of the body that is being written; `load` is empty without a gas local.
    cdef bytes charge_head
    cdef bytes charge_tail
    cdef bytes load
    cdef const uint8_t* source
    cdef size_t size
    cdef size_t copied
    cdef uint8_t* out
    cdef size_t written
    cdef size_t capacity

    def __cinit__(self, Pieces pieces not None):
        self.pieces = pieces

    def __dealloc__(self):
        free(self.out)

    cdef int reserve(self, size_t capacity) except -1:
        cdef void* grown
        if capacity > self.capacity:
            grown = realloc(self.out, capacity)
            if grown == NULL:
                raise MemoryError()
            self.out = <uint8_t*>grown
            self.capacity = capacity
        return 0

    @nonecheck(True)  # of what the tuples of funcs and plans hold
    cdef int choose_pieces(self, Func func, BodyPlan plan) except -1:
        cdef Pieces pieces = self.pieces
        self.charge_head = pieces.charge_head
        self.charge_tail = pieces.charge_tail
        self.load = b""
        if plan.has_gas_local:
            local = pieces.param_counts[func.type_index] + func.count_locals()
            if local < pieces.local_limit:
                self.charge_head, self.charge_tail, self.load = pieces.with_local(local)
        return 0

    @nonecheck(True)
    cdef int start(self, Func func, BodyPlan plan, size_t around) except -1:
        """Begin with a body; `around` is the most that is written before and behind."""
        self.choose_pieces(func, plan)
        self.source = func.code
        self.size = len(func.code)
        self.copied = 0
        self.written = 0
        # The most that can be written: the pieces and a number for each insertion.
        return self.reserve(
            around
            + self.size
            + len(self.load)
            + plan.count
            * (
                len(self.charge_head)
                + len(self.charge_tail)
                + len(self.load)
                + 1
                + MAX_LEB_BYTES
            )
        )

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

    cdef int write_plan(self, BodyPlan plan, bint with_returns) except -1:
        """The body with the plan; a return becomes a branch where `with_returns`."""
        cdef Insertion* insertion
        cdef size_t index
        for index in range(plan.count):
            insertion = &plan.insertions[index]
            if insertion.kind == CHARGE:
                self.copy_until(<size_t>insertion.position)
                self.write_bytes(self.charge_head)
                self.write_amount(insertion.amount)
                self.write_bytes(self.charge_tail)
            elif insertion.kind == SIZED:
                self.copy_until(<size_t>insertion.position)
                self.write_indexed(OP_CALL, self.pieces.chargers[insertion.amount])
                self.write_bytes(self.load)
            elif insertion.kind == LOAD:
                self.copy_until(<size_t>insertion.position)
                self.write_bytes(self.load)
            elif with_returns:
                self.copy_until(<size_t>insertion.position)
                self.skip_return()
                self.write_indexed(OP_BR, <uint32_t>insertion.amount)
        return self.copy_until(self.size)

    cdef Func taken(self, Func func):
        """What was written, as the func that it is a form of."""
        local_groups = func.local_groups
        if self.load:
            local_groups = with_gas_local(local_groups)
        return make_func(func.type_index, local_groups, self.out[:self.written], 0)


def charge_bodies(tuple funcs not None, tuple plans not None, Pieces pieces not None):
    """The funcs with their plans written in."""
    cdef BodyWriter writer = BodyWriter(pieces)
    cdef Func func
    cdef BodyPlan plan
    cdef list made = []
    for func, plan in zip(funcs, plans, strict=True):
        writer.start(func, plan, 0)
        writer.write_bytes(writer.load)
        writer.write_plan(plan, False)
        made.append(writer.taken(func))
    return tuple(made)


@nonecheck(True)
def charge_and_limit_bodies(
    tuple funcs not None,
    tuple plans not None,
    Pieces pieces not None,
    StackPieces stack not None,
    tuple operand_heights not None,
    dict frame_types not None,
):
    """The funcs with their plans and the stack limit written in.

    `frame_types` has, by type index, the height of a frame before its locals and
    operands, and the block type of the results.
    """
    cdef BodyWriter writer = BodyWriter(pieces)
    cdef Func func
    cdef BodyPlan plan
    cdef bytes block_type
    cdef int64_t height
    cdef size_t fixed = (
        2 * (len(stack.head) + MAX_LEB_BYTES) + len(stack.entry) + len(stack.leave)
    )
    cdef list made = []
    for func, plan, operands in zip(funcs, plans, operand_heights, strict=True):
        fixed_height, block_type = frame_types[func.type_index]
        if func.local_groups:
            operands = operands + func.count_locals()
        # A func that exceeds the limit by itself always traps: any such height will do.
        height = min(fixed_height + operands, stack.limit + 1)
        writer.start(func, plan, fixed + len(block_type))
        writer.write_bytes(writer.load)
        writer.write_bytes(stack.head)
        writer.write_amount(height)
        writer.write_bytes(stack.entry)
        writer.write_bytes(block_type)
        writer.write_plan(plan, True)
        writer.write_bytes(stack.head)
        writer.write_amount(height)
        writer.write_bytes(stack.leave)
        made.append(writer.taken(func))
    return tuple(made)
