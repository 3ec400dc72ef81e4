# cython: nonecheck=False
"""A writer of plans into the bodies of funcs: copies bytes and inserts charges."""

from cython cimport nonecheck
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from contractvm.metering.body_plan cimport (
    CHARGE, HOOK, LOAD, SIZED, BodyPlan, Insertion,
)
from contractvm.wasm.structure.func cimport Func, make_func
from contractvm.wasm.structure.opcodes cimport OP_BLOCK, OP_BR, OP_END, OP_RETURN

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
    """The pieces of code written into every body, around amounts and indices.

    `charge` is a charge in parts, with its units between each two. `sized` is what goes
    before a sized instruction, by its price, `hook` what goes before memory grows.
    `with_local`, if any, gives the parts of a charge and a load by the index of a local
    that holds the counter too; it is used where the index, which follows from
    `param_counts` by type index, is below `local_limit`.
    """

    cdef tuple charge
    cdef dict sized
    cdef bytes hook
    cdef object with_local
    cdef dict param_counts
    cdef object local_limit
    cdef size_t longest_sized

    def __cinit__(
        self,
        tuple charge not None,
        dict sized not None,
        bytes hook not None,
        with_local,
        dict param_counts not None,
        local_limit,
    ):
        self.charge = charge
        if not all(isinstance(code, bytes) for code in sized.values()):
            raise TypeError("what goes before a sized instruction is bytes")
        # A copy, so that nobody else can lengthen a piece.
        self.sized = dict(sized)
        self.hook = hook
        self.with_local = with_local
        self.param_counts = param_counts
        self.local_limit = local_limit
        self.longest_sized = max([len(code) for code in self.sized.values()], default=0)


cdef class StackPieces:
    """The code written around every body if the stack is limited.

    `enter` and `leave` are in parts, with the frame's height between each two. If
    `is_wrapped`, a body becomes `enter`, block, body, `leave`, end: the block's label
    takes the place of the body's own, so branches keep their depths. Otherwise `leave`
    goes before each return and before the body's end.
    """

    cdef object limit
    cdef tuple enter
    cdef tuple leave
    cdef bint is_wrapped

    def __cinit__(
        self,
        limit,
        tuple enter not None,
        tuple leave not None,
        bint is_wrapped,
    ):
        self.limit = limit
        self.enter = enter
        self.leave = leave
        self.is_wrapped = is_wrapped


cdef size_t room_for(tuple parts) except? 0:
    """The most bytes that parts can take with amounts between them."""
    cdef bytes part
    cdef size_t size = 0
    if not parts or None in parts:
        raise InternalError("a part of injected code is missing")
    for part in parts:
        size += len(part) + MAX_LEB_BYTES
    return size


cdef class BodyWriter:
    """Writes one body after another; its buffer is kept between them."""

    cdef Pieces pieces
    cdef StackPieces stack  # None where the stack is not limited
    # Those of the body that is being written; `load` is empty without a gas local.
    cdef tuple charge
    cdef bytes load
    cdef int64_t height
    cdef list marks  # where copying went on, in the new body and the old; may be None
    cdef const uint8_t* source
    cdef size_t size
    cdef size_t copied
    cdef uint8_t* out
    cdef size_t written
    cdef size_t capacity

    def __cinit__(self, Pieces pieces not None, StackPieces stack):
        self.pieces = pieces
        self.stack = stack

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
        self.charge = pieces.charge
        self.load = b""
        if plan.has_gas_local and pieces.with_local is not None:
            local = pieces.param_counts[func.type_index] + func.count_locals()
            if local < pieces.local_limit:
                self.charge, self.load = pieces.with_local(local)
        return 0

    @nonecheck(True)
    cdef int start(
        self, Func func, BodyPlan plan, int64_t height, bytes block_type
    ) except -1:
        """Start a body; the height and the block type are for a limited stack."""
        cdef size_t each
        cdef size_t around = 0
        self.choose_pieces(func, plan)
        self.source = func.code
        self.size = len(func.code)
        self.copied = 0
        self.written = 0
        self.height = height
        # An upper bound: all pieces for each insertion.
        each = (
            room_for(self.charge)
            + self.pieces.longest_sized
            + len(self.pieces.hook)
            + len(self.load)
            + 1
            + MAX_LEB_BYTES
        )
        if self.stack is not None:
            each += room_for(self.stack.leave)
            around = (
                room_for(self.stack.enter)
                + room_for(self.stack.leave)
                + len(block_type)
                + 2
            )
        return self.reserve(around + self.size + len(self.load) + plan.count * each)

    cdef int copy_until(self, size_t position) except -1:
        """Copy the source up to `position`; positions only grow."""
        if position < self.copied or position > self.size:
            raise InternalError("a plan that does not fit its body")
        if self.marks is not None and position > self.copied:
            self.marks.append((self.written, self.copied))
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

    cdef void write_parts(self, tuple parts, int64_t amount) noexcept:
        """Write parts with an amount between each two; `room_for` has made room."""
        cdef size_t index
        self.write_bytes(<bytes>parts[0])
        for index in range(1, <size_t>len(parts)):
            self.written += write_signed(self.out + self.written, amount)
            self.write_bytes(<bytes>parts[index])

    cdef void write_byte(self, uint8_t byte) noexcept:
        self.out[self.written] = byte
        self.written += 1

    cdef int write_return(self, uint64_t depth) except -1:
        """A return leaves the block around the body, or the frame itself."""
        if self.copied >= self.size or self.source[self.copied] != OP_RETURN:
            raise InternalError("a plan that does not fit its body")
        if self.stack.is_wrapped:
            if self.marks is not None:
                self.marks.append((self.written, self.copied))
            self.copied += 1
            self.write_byte(OP_BR)
            self.written += write_unsigned(self.out + self.written, <uint32_t>depth)
        else:
            self.write_parts(self.stack.leave, self.height)
        return 0

    cdef int write_plan(self, BodyPlan plan) except -1:
        """The body with the plan, up to its last insertion."""
        cdef Insertion* insertion
        cdef size_t index
        for index in range(plan.count):
            insertion = &plan.insertions[index]
            self.copy_until(<size_t>insertion.position)
            if insertion.kind == CHARGE:
                self.write_parts(self.charge, <int64_t>insertion.amount)
            elif insertion.kind == SIZED:
                self.write_bytes(self.pieces.sized[insertion.amount])
                self.write_bytes(self.load)
            elif insertion.kind == HOOK:
                self.write_bytes(self.pieces.hook)
                self.write_bytes(self.load)
            elif insertion.kind == LOAD:
                self.write_bytes(self.load)
            elif self.stack is not None:
                self.write_return(insertion.amount)
        return 0

    cdef int write_limited(self, BodyPlan plan, bytes block_type) except -1:
        """The body with the plan and the stack limit."""
        cdef StackPieces stack = self.stack
        self.write_bytes(self.load)
        self.write_parts(stack.enter, self.height)
        if stack.is_wrapped:
            self.write_byte(OP_BLOCK)
            self.write_bytes(block_type)
            self.write_plan(plan)
            self.copy_until(self.size)
            self.write_parts(stack.leave, self.height)
            self.write_byte(OP_END)
            return 0
        self.write_plan(plan)
        # The body's end is one byte.
        self.copy_until(max(self.size, 1) - 1)
        self.write_parts(stack.leave, self.height)
        return self.copy_until(self.size)

    cdef Func taken(self, Func func):
        """The func with the body that was written."""
        local_groups = func.local_groups
        if self.load:
            local_groups = with_gas_local(local_groups)
        return make_func(func.type_index, local_groups, self.out[:self.written], 0)


def charge_bodies(
    tuple funcs not None, tuple plans not None, Pieces pieces not None, dict marks=None
):
    """The funcs with their plans written in.

    `marks`, if given, has a list by number of each func whose marks are wanted: pairs
    of positions from which copying went on, in the new body and in the old.
    """
    cdef BodyWriter writer = BodyWriter(pieces, None)
    cdef Func func
    cdef BodyPlan plan
    cdef list made = []
    for func, plan in zip(funcs, plans, strict=True):
        writer.marks = None if marks is None else marks.get(len(made))
        writer.start(func, plan, 0, b"")
        writer.write_bytes(writer.load)
        writer.write_plan(plan)
        writer.copy_until(writer.size)
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
    dict marks=None,
):
    """The funcs with their plans and the stack limit written in.

    `frame_types` has, by type index, the height of a frame before its locals and
    operands, and the block type of the results. `marks` is as in `charge_bodies`.
    """
    cdef BodyWriter writer = BodyWriter(pieces, stack)
    cdef Func func
    cdef BodyPlan plan
    cdef bytes block_type
    cdef int64_t height
    cdef list made = []
    for func, plan, operands in zip(funcs, plans, operand_heights, strict=True):
        fixed_height, block_type = frame_types[func.type_index]
        if func.local_groups:
            operands = operands + func.count_locals()
        # A func that exceeds the limit by itself always traps, whatever the height.
        height = min(fixed_height + operands, stack.limit + 1)
        writer.marks = None if marks is None else marks.get(len(made))
        writer.start(func, plan, height, block_type)
        writer.write_limited(plan, block_type)
        made.append(writer.taken(func))
    return tuple(made)
