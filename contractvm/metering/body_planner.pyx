# cython: nonecheck=False
"""A planner that cuts a func's body into metered blocks and adds up their costs.

One pass. Which instructions end a block is a table of flags; see
`prices.opcode_prices`.
"""

from cython cimport nonecheck
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.metering.body_plan cimport (
    CHARGE, HOOK, LOAD, NOTHING, RETURN, SIZED, BodyPlan, Insertion, Kind, make_plan,
)
from contractvm.metering.open_labels cimport OpenLabels
from contractvm.wasm.structure.func cimport Func
from contractvm.wasm.structure.instruction_reader cimport (
    Instruction, read_instruction,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_BLOCK, OP_BR, OP_BR_IF, OP_CALL, OP_CALL_INDIRECT, OP_ELSE, OP_END, OP_IF,
    OP_LOOP, OP_RETURN, OP_UNREACHABLE, SLOT_COUNT, slot_of,
)

from contractvm.errors import InternalError

# The flags of an opcode, from the block rule and the schedule.
cdef enum:
    _IS_ENDER = 1  # a metered block ends after it
    _IS_ENDER_IF_JOINED = 2  # only where control can also jump to after it
    _IS_PRICED = 4
    _IS_SIZED = 8  # charged by the count on top of the stack, too
    _IS_HOOKED = 16  # a func is called before it
    _IS_COUNTED = 32  # charged by its entries or parameters, too
    _IS_STRUCTURE = 64  # labels, branches, calls and what ends control

IS_ENDER = _IS_ENDER
IS_ENDER_IF_JOINED = _IS_ENDER_IF_JOINED
IS_PRICED = _IS_PRICED
IS_SIZED = _IS_SIZED
IS_HOOKED = _IS_HOOKED
IS_COUNTED = _IS_COUNTED
IS_STRUCTURE = _IS_STRUCTURE

cdef object GREATEST_COST = 2**64 - 1

# Why a func's body is refused.
UNPRICED = "unpriced"
TOO_COSTLY = "too costly"


class BodyRefused(Exception):
    """A body cannot be metered: why, which one, and at which instruction."""

    def __init__(self, reason, func_number, opcode, position):
        super().__init__(reason, func_number, opcode, position)
        self.reason = reason
        self.func_number = func_number
        self.opcode = opcode
        self.position = position


cdef class Planner:
    """Plans one body after another; its arrays are kept between them."""

    cdef const uint8_t[::1] flags
    cdef const uint64_t[::1] base
    cdef const uint64_t[::1] per_unit
    cdef const uint64_t[::1] per_item
    cdef uint64_t carried_value
    # The block rule's numbers.
    cdef uint64_t header
    cdef uint64_t max_units
    cdef bint saturates
    cdef bint is_charged_last
    cdef bint counts_dead
    cdef bint has_gas_local  # in funcs with a loop
    cdef bint keep_free_charges
    # In the order of positions, and zero charges among them.
    cdef Insertion* insertions
    cdef size_t insertion_count
    cdef size_t insertion_capacity
    cdef OpenLabels labels
    cdef bint has_loop  # one that control reaches
    # The charge of the metered block that is being read: its place in `insertions`,
    # where blocks are charged first.
    cdef size_t block_charge
    cdef uint64_t cost
    cdef bint is_empty  # no instruction of it can run

    def __cinit__(
        self,
        prices,
        metering,
        types,
        bint keep_free_charges,
    ):
        self.flags = prices.flags
        self.base = prices.base
        self.per_unit = prices.per_unit
        self.per_item = prices.per_item
        self.carried_value = prices.carried_value
        if (
            self.flags.shape[0] != SLOT_COUNT
            or self.base.shape[0] != SLOT_COUNT
            or self.per_unit.shape[0] != SLOT_COUNT
            or self.per_item.shape[0] != SLOT_COUNT
        ):
            raise InternalError("a price table has another length")
        blocks = metering.blocks
        self.labels = OpenLabels(types)
        self.header = blocks.header
        self.max_units = blocks.max_units
        self.saturates = blocks.saturates
        self.is_charged_last = blocks.is_charged_last
        self.counts_dead = blocks.counts_dead
        self.has_gas_local = bool(metering.charge.local)
        self.keep_free_charges = keep_free_charges

    def __dealloc__(self):
        free(self.insertions)

    cdef int insert(self, Kind kind, size_t position, uint64_t amount) except -1:
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

    cdef int start_block(self, size_t position) except -1:
        """Reserve the block's charge; its cost is known at the block's end."""
        self.cost = self.header
        self.is_empty = True
        if self.is_charged_last:
            return 0
        self.block_charge = self.insertion_count
        return self.insert(NOTHING, position, 0)

    cdef int end_block(self, Instruction* last) except -1:
        """Charge for the block that ends after an instruction; the next one starts."""
        if not self.is_empty:
            if self.is_charged_last:
                self.insert(CHARGE, last.start, self.cost)
            else:
                # block_charge < insertion_count: start_block has put it there.
                self.insertions[self.block_charge].kind = CHARGE
                self.insertions[self.block_charge].amount = self.cost
        return self.start_block(last.end)

    cdef int add_cost(self, uint64_t units) noexcept:
        """Add to the block's cost, which is at most `max_units`; 0 if it exceeds."""
        if units <= self.max_units - self.cost:
            self.cost += units
            return 1
        self.cost = self.max_units
        return self.saturates

    cdef int meet_live_control(
        self, const uint8_t* code, Instruction* found
    ) except -1:
        """A jump or a trap that runs."""
        cdef uint32_t opcode = found.opcode
        if opcode == OP_RETURN:
            self.insert(RETURN, found.start, self.labels.depth - 1)
        elif opcode != OP_UNREACHABLE:
            self.labels.meet_branch(code, found)
        if opcode != OP_BR_IF:
            self.labels.is_live = self.counts_dead
        return 0

    cdef int meet(
        self, const uint8_t* code, Instruction* found, uint8_t flags
    ) except -1:
        """Track labels and liveness, after the instruction was paid for."""
        cdef uint32_t opcode = found.opcode
        cdef bint is_ended = flags & _IS_ENDER != 0
        if is_ended and self.is_charged_last:
            # Before what is inserted after it.
            self.end_block(found)
            is_ended = False
        if opcode == OP_BLOCK or opcode == OP_LOOP or opcode == OP_IF:
            self.labels.open_label(opcode, found.a)
            if opcode == OP_LOOP and self.labels.is_live:
                self.has_loop = True
        elif opcode == OP_ELSE:
            self.labels.meet_else()
        elif opcode == OP_END:
            if self.labels.meet_end() and flags & _IS_ENDER_IF_JOINED:
                is_ended = True
        elif opcode == OP_CALL or opcode == OP_CALL_INDIRECT:
            # In dead code too, so that a reader of the body finds it after each.
            if self.has_gas_local:
                self.insert(LOAD, found.end, 0)
        elif self.labels.is_live and (
            opcode == OP_UNREACHABLE or OP_BR <= opcode <= OP_RETURN
        ):
            self.meet_live_control(code, found)
        if is_ended:
            self.end_block(found)
        return 0

    cdef int add_items(self, uint64_t units, uint64_t count) noexcept:
        """Add `units` for each of `count`; 0 if the sum exceeds."""
        if count and units > self.max_units // count:
            self.cost = self.max_units
            return self.saturates
        return self.add_cost(units * count)

    cdef bint pay(
        self, const uint8_t* code, Instruction* found, uint8_t flags, size_t slot
    ) except -1:
        """Add an instruction to its block; False where the block costs too much."""
        cdef bint is_paid = self.add_cost(self.base[slot])
        self.is_empty = False
        if flags & _IS_COUNTED:
            if not self.add_items(self.per_item[slot], self.labels.item_count(found)):
                is_paid = False
        if flags & _IS_STRUCTURE and self.carried_value:
            if not self.add_items(
                self.carried_value, self.labels.carried_values(code, found)
            ):
                is_paid = False
        if flags & _IS_SIZED:
            self.insert(SIZED, found.start, self.per_unit[slot])
        elif flags & _IS_HOOKED:
            self.insert(HOOK, found.start, 0)
        return is_paid

    cdef BodyPlan plan(self, size_t func_number, Func func, uint64_t entry_cost):
        cdef Instruction found
        cdef bytes code = func.code
        cdef const uint8_t* pointer = code
        cdef size_t size = len(code)
        cdef size_t position = 0
        cdef size_t slot
        cdef uint8_t flags
        self.has_loop = False
        self.insertion_count = 0
        self.labels.begin_func(func.type_index)
        self.start_block(0)
        if not self.add_cost(entry_cost):
            raise BodyRefused(TOO_COSTLY, func_number, OP_UNREACHABLE, 0)
        while self.labels.depth:
            if read_instruction(pointer, size, position, &found):
                raise InternalError("a body that was decoded cannot be read")
            slot = slot_of(found.opcode)
            flags = self.flags[slot]
            if not flags & _IS_PRICED:
                raise BodyRefused(UNPRICED, func_number, found.opcode, position)
            if position == 0 and entry_cost and self.is_charged_last:
                self.charge_entry(flags)
            if self.labels.is_live and not self.pay(pointer, &found, flags, slot):
                raise BodyRefused(TOO_COSTLY, func_number, found.opcode, position)
            if flags & (_IS_STRUCTURE | _IS_ENDER):
                self.meet(pointer, &found, flags)
            position = found.end
        if position != size:
            raise InternalError("code after the end of a body")
        # What is left if the last `end` ends no block.
        self.end_block(&found)
        return make_plan(
            self.insertions,
            self.insertion_count,
            self.keep_free_charges,
            self.has_loop and self.has_gas_local,
        )

    cdef int charge_entry(self, uint8_t flags) except -1:
        """Charge for locals before they are used, where blocks are charged last.

        An instruction that ends a block is charged there, and pays for them too.
        """
        if not flags & _IS_ENDER:
            self.insert(CHARGE, 0, self.cost - self.header)
            self.cost = self.header
        return 0


@nonecheck(True)  # of what the tuple holds
def plan_bodies(
    tuple funcs not None,
    prices,
    metering,
    types,
    bint keep_free_charges=False,
):
    """The BodyPlan of each func, in order.

    `prices` are the metering's `OpcodePrices`, `types` the module's `FuncTypeCounts`.
    The price of a local is due with the first block for each declared local that is
    not free. With `keep_free_charges` free code that can run is charged 0. Raises
    BodyRefused.
    """
    cdef Planner planner = Planner(prices, metering, types, keep_free_charges)
    cdef Func func
    cdef size_t func_number = 0
    cdef uint64_t entry_cost
    cdef list plans = []
    free_locals = metering.blocks.free_locals
    for func in funcs:
        entry_cost = 0
        if func.local_groups:
            local_count = max(func.count_locals() - free_locals, 0)
            # Above the limit by any amount is the same, and fits 64 bits.
            entry_cost = min(local_count * prices.local, GREATEST_COST)
        plans.append(planner.plan(func_number, func, entry_cost))
        func_number += 1
    return tuple(plans)
