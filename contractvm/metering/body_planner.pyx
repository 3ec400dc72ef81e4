# cython: nonecheck=False
"""Cut one func's body into metered blocks and add up what each costs.

One pass: every branch to the end of a block stands before that end, so whether control
can arrive there from elsewhere is known when the `end` is read.
"""

from cython cimport nonecheck
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.metering.body_plan cimport (
    CHARGE, LOAD, NOTHING_RUNS, RETURN, SIZED, BodyPlan, Insertion, Kind, make_plan,
)
from contractvm.wasm.structure.func cimport Func
from contractvm.wasm.structure.instruction_reader cimport (
    Instruction, read_instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_BLOCK, OP_BR, OP_BR_IF, OP_BR_TABLE, OP_CALL, OP_CALL_INDIRECT, OP_ELSE, OP_END,
    OP_IF, OP_LOOP, OP_RETURN, OP_UNREACHABLE, SLOT_COUNT, slot_of,
)

from contractvm.errors import InternalError

cdef uint64_t MAX_CHARGE = 0x7FFFFFFFFFFFFFFF

# What a func's body is refused for.
UNPRICED = "unpriced"
TOO_COSTLY = "too costly"


class BodyRefused(Exception):
    """A body that cannot be metered: why, which one, and at which instruction."""

    def __init__(self, reason, func_number, opcode, position):
        super().__init__(reason, func_number, opcode, position)
        self.reason = reason
        self.func_number = func_number
        self.opcode = opcode
        self.position = position


# An open block, loop or if; the func's body is a block.
cdef struct Label:
    uint8_t opcode
    bint is_entered     # control reaches the instruction that opens it
    bint is_joined      # control can reach the place behind its end by a jump
    bint has_else


cdef class Planner:
    """Plans one body after another; its arrays are kept between them."""

    cdef const int64_t[::1] base
    cdef const int64_t[::1] per_unit
    # In the order of positions, and zero charges among them.
    cdef Insertion* insertions
    cdef size_t insertion_count
    cdef size_t insertion_capacity
    cdef Label* labels
    cdef size_t depth
    cdef size_t capacity
    cdef bint is_live
    cdef bint has_loop  # one that control reaches
    # The charge of the metered block that is being read: its place in `insertions`.
    cdef size_t block_charge
    cdef uint64_t cost
    cdef bint is_empty  # no instruction of it can run
    cdef bint keep_free_charges

    def __cinit__(
        self,
        const int64_t[::1] base not None,
        const int64_t[::1] per_unit not None,
        bint keep_free_charges,
    ):
        if base.shape[0] < SLOT_COUNT or per_unit.shape[0] < SLOT_COUNT:
            raise InternalError("a price table is too short")
        self.base = base
        self.per_unit = per_unit
        self.keep_free_charges = keep_free_charges

    def __dealloc__(self):
        free(self.labels)
        free(self.insertions)

    cdef int insert(self, Kind kind, size_t position, int64_t amount) except -1:
        cdef size_t capacity
        cdef void* grown
        if self.insertion_count == self.insertion_capacity:
            # No more than two for each byte of a body: that cannot wrap.
            capacity = 2 * self.insertion_capacity + 64
            grown = realloc(self.insertions, capacity * sizeof(Insertion))
            if grown == NULL:
                raise MemoryError()
            self.insertions = <Insertion*>grown
            self.insertion_capacity = capacity
        # insertion_count < insertion_capacity: grown above where they were equal.
        self.insertions[self.insertion_count].kind = kind
        self.insertions[self.insertion_count].position = <int64_t>position
        self.insertions[self.insertion_count].amount = amount
        self.insertion_count += 1
        return 0

    cdef int open_label(self, uint32_t opcode) except -1:
        cdef size_t capacity
        cdef Label* labels
        if self.depth == self.capacity:
            capacity = 2 * self.capacity + 16
            labels = <Label*>realloc(self.labels, capacity * sizeof(Label))
            if labels == NULL:
                raise MemoryError()
            self.labels = labels
            self.capacity = capacity
        self.labels[self.depth].opcode = <uint8_t>opcode
        self.labels[self.depth].is_entered = self.is_live
        self.labels[self.depth].is_joined = False
        self.labels[self.depth].has_else = False
        self.depth += 1
        return 0

    cdef int join_label(self, uint64_t label_depth) except -1:
        """Control may jump to a label; one of a loop is its start, not its end."""
        if label_depth >= self.depth:
            raise InternalError("a branch leaves the func's body")
        self.labels[self.depth - 1 - label_depth].is_joined = True
        return 0

    cdef int start_block(self, size_t position) except -1:
        """Keep the place of its charge: what it costs is known at its end."""
        self.cost = 0
        self.is_empty = True
        self.block_charge = self.insertion_count
        return self.insert(CHARGE, position, NOTHING_RUNS)

    cdef int end_block(self, size_t next_start) except -1:
        """Charge for the block that ends here; the next one starts behind."""
        # block_charge < insertion_count: start_block has put it there.
        if not self.is_empty:
            self.insertions[self.block_charge].amount = <int64_t>self.cost
        return self.start_block(next_start)

    cdef int meet_else(self, size_t next_start) except -1:
        cdef Label* label = &self.labels[self.depth - 1]
        if label.opcode != OP_IF or label.has_else:
            raise InternalError("an else without its if")
        label.has_else = True
        if self.is_live:
            label.is_joined = True
        self.end_block(next_start)
        self.is_live = label.is_entered
        return 0

    cdef int meet_end(self, size_t next_start) except -1:
        cdef Label* label = &self.labels[self.depth - 1]
        self.depth -= 1
        if label.opcode == OP_IF:
            # Without an else-arm, a false condition jumps to behind the end.
            if not label.has_else and label.is_entered:
                label.is_joined = True
            self.end_block(next_start)
            self.is_live = self.is_live or label.is_joined
        elif label.opcode == OP_BLOCK and label.is_joined:
            self.end_block(next_start)
            self.is_live = True
        # The end of a loop, or of a block that no branch leaves, is only fallen
        # through: what follows runs just when what precedes did.
        return 0

    cdef int meet_branch(self, const uint8_t* code, Instruction* found) except -1:
        cdef size_t position
        cdef uint64_t _index
        cdef uint32_t label_depth = 0
        if found.opcode == OP_BR_TABLE:
            position = found.b
            # As many labels as read_instruction has read, and the default.
            for _index in range(found.a + 1):
                if read_u32(code, found.end, &position, &label_depth):
                    raise InternalError("a br_table changed while it was read")
                self.join_label(label_depth)
        else:
            self.join_label(found.a)
        return 0

    cdef int meet_live_control(
        self, const uint8_t* code, Instruction* found
    ) except -1:
        """A jump or a trap that runs: the block ends behind it."""
        cdef uint32_t opcode = found.opcode
        if opcode == OP_BR or opcode == OP_BR_IF or opcode == OP_BR_TABLE:
            self.meet_branch(code, found)
        elif opcode == OP_RETURN:
            self.insert(RETURN, found.start, <int64_t>self.depth - 1)
        self.end_block(found.end)
        if opcode != OP_BR_IF:
            self.is_live = False
        return 0

    cdef int meet(self, const uint8_t* code, Instruction* found) except -1:
        cdef uint32_t opcode = found.opcode
        if opcode == OP_BLOCK or opcode == OP_LOOP or opcode == OP_IF:
            self.open_label(opcode)
            if opcode != OP_BLOCK:
                self.end_block(found.end)
            if opcode == OP_LOOP and self.is_live:
                self.has_loop = True
        elif opcode == OP_ELSE:
            self.meet_else(found.end)
        elif opcode == OP_END:
            self.meet_end(found.end)
        elif opcode == OP_CALL or opcode == OP_CALL_INDIRECT:
            # In dead code too, so that whoever reads the body finds it behind each.
            self.insert(LOAD, found.end, 0)
            if self.is_live:
                self.end_block(found.end)
        elif not self.is_live:
            return 0
        elif opcode == OP_UNREACHABLE or OP_BR <= opcode <= OP_RETURN:
            self.meet_live_control(code, found)
        return 0

    cdef BodyPlan plan(self, size_t func_number, bytes code, uint64_t entry_cost):
        cdef Instruction found
        cdef const uint8_t* pointer = code
        cdef size_t size = len(code)
        cdef size_t position = 0
        cdef size_t slot
        if entry_cost > MAX_CHARGE:
            raise BodyRefused(TOO_COSTLY, func_number, OP_UNREACHABLE, 0)
        self.depth = 0
        self.is_live = True
        self.has_loop = False
        self.insertion_count = 0
        self.open_label(OP_BLOCK)
        self.start_block(0)
        self.cost = entry_cost
        while self.depth:
            if read_instruction(pointer, size, position, &found):
                raise InternalError("a body that was decoded cannot be read")
            slot = slot_of(found.opcode)
            if self.base[slot] < 0:
                raise BodyRefused(UNPRICED, func_number, found.opcode, position)
            if self.is_live:
                self.is_empty = False
                self.cost += <uint64_t>self.base[slot]
                if self.cost > MAX_CHARGE:
                    raise BodyRefused(TOO_COSTLY, func_number, found.opcode, position)
                if self.per_unit[slot] >= 0:
                    self.insert(SIZED, position, self.per_unit[slot])
            self.meet(pointer, &found)
            position = found.end
        if position != size:
            raise InternalError("code behind the end of a body")
        self.end_block(size)
        return make_plan(
            self.insertions,
            self.insertion_count,
            self.keep_free_charges,
            self.has_loop,
        )


@nonecheck(True)  # of what the tuple holds
def plan_bodies(
    tuple funcs not None,
    const int64_t[::1] base not None,
    const int64_t[::1] per_unit not None,
    local_cost,
    bint keep_free_charges=False,
):
    """The BodyPlan of each func, in order.

    `base` and `per_unit` are the tables of `prices.OpcodePrices`; `local_cost` is due
    for each declared local, with the first block. With `keep_free_charges` what can
    run and is free is charged 0. Raises BodyRefused.
    """
    cdef Planner planner = Planner(base, per_unit, keep_free_charges)
    cdef Func func
    cdef size_t func_number = 0
    cdef uint64_t entry_cost
    cdef list plans = []
    for func in funcs:
        entry_cost = 0
        if func.local_groups:
            # Past the limit by any amount is past the limit: 64 bits hold it.
            entry_cost = min(func.count_locals() * local_cost, MAX_CHARGE + 1)
        plans.append(planner.plan(func_number, func.code, entry_cost))
        func_number += 1
    return tuple(plans)
