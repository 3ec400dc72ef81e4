"""The metered blocks of a module: which instructions each charge pays for."""

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from msgspec import Struct, structs

from contractvm.errors import InternalError
from contractvm.metering.body_plan import BodyPlan
from contractvm.metering.item_counts import CountedInstruction, ItemCounter
from contractvm.metering.plan import plan_module
from contractvm.metering.rules import STANDARD_METERING, BlockRule, Metering
from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import BY_OPCODE
from gas_schedule.schedule import GasSchedule

# A block ends after these, and what follows up to the next charge cannot run.
LAST_IN_BLOCK = frozenset(["br", "br_table", "return", "unreachable"])

NO_MORE = (-1, 0)

Place = tuple[int, str]  # position in the original body, mnemonic
COUNTS = struct.Struct("<III")


@dataclass(frozen=True, slots=True)
class MeteredBlock:
    """The instructions in `code` from `start` to `end` that one charge pays for.

    It is charged before the instruction at `charged_at`. `declared_locals` are those of
    the func that this block pays for. `counts` are the start, items and carried values
    of the instructions that have any, packed: a module may have a million.
    """

    code: bytes
    start: int
    end: int
    declared_locals: int
    units: int
    charged_at: int
    counts: bytes = b""

    @property
    def counted(self) -> tuple[CountedInstruction, ...]:
        """Those of its instructions that also cost by their items or carried values."""
        return tuple(
            CountedInstruction(start, *self._read(start), items, carried)
            for start, items, carried in COUNTS.iter_unpack(self.counts)
        )

    def _read(self, start: int) -> tuple[str, int]:
        """Mnemonic and end of the instruction there."""
        opcode, _, _, _, length = next(iter(instructions(self.code[start : self.end])))
        return BY_OPCODE[opcode].mnemonic, start + length

    @property
    def instructions(self) -> tuple[Place, ...]:
        """Yield position and mnemonic of each; not stored, as there may be millions."""
        return tuple(
            (self.start + position, BY_OPCODE[opcode].mnemonic)
            for opcode, _, _, position, _ in instructions(
                self.code[self.start : self.end]
            )
        )


class FuncBlocks(Struct, frozen=True):
    """The blocks of a func, one for each charge, and its sized instructions.

    `sized_units` are what those cost for each page, byte or element. `code_offset` is
    where the func's code begins within the content of the code section, from which
    addresses in debug information count.
    """

    blocks: tuple[MeteredBlock, ...]
    sized: tuple[Place, ...]
    sized_units: tuple[int, ...]
    code_offset: int


class ModuleBlocks(Struct, frozen=True):
    """The blocks of each func that a module defines, in order.

    Each with an instruction costs `header` units more than what is in it.
    """

    funcs: tuple[FuncBlocks, ...]
    header: int = 0


def list_blocks(
    module: Module, schedule: GasSchedule, metering: Metering = STANDARD_METERING
) -> ModuleBlocks:
    """The blocks of a module, before instrumentation, with free ones kept.

    In each func the k-th block belongs to the k-th charge, the k-th of `sized` to the
    k-th sized charge that instrumentation with `keep_free_charges` writes. Raises
    RefusedModule as instrumentation does, and InternalError where blocks are charged
    last and dead code is left out: it cannot be told from what is paid for.
    """
    rule = metering.blocks
    if rule.is_charged_last and not rule.counts_dead:
        raise InternalError(f"{metering.identity} charges blocks after dead code")
    # Each plan is dropped when its blocks are made, and equal funcs in a row share
    # theirs: a module may have a million.
    plans = deque(plan_module(module, schedule, metering, keep_free_charges=True))
    counter = ItemCounter(module)
    made: list[FuncBlocks] = []
    previous: Func | None = None
    for func in module.funcs:
        offset = func.offset - module.code_offset
        plan = plans.popleft()
        if previous is not None and is_alike(func, previous):
            made.append(structs.replace(made[-1], code_offset=offset))
        else:
            blocks, sized, prices = _func_blocks(func, plan, counter, schedule, rule)
            made.append(FuncBlocks(blocks, sized, prices, offset))
        previous = func
    return ModuleBlocks(tuple(made), rule.header)


def is_alike(func: Func, other: Func) -> bool:
    """Whether both have the same blocks."""
    return (func.code, func.local_count, func.type_index) == (
        other.code,
        other.local_count,
        other.type_index,
    )


def _units(found: CountedInstruction, schedule: GasSchedule) -> int:
    """What an instruction costs, without what it costs by its size."""
    cost = schedule.instructions[found.mnemonic]
    # It has entries or parameters: one of these rates is 0.
    per_item = cost.per_entry + cost.per_param
    return cost.base + per_item * found.items + schedule.carried_value * found.carried


def _func_blocks(
    func: Func,
    plan: BodyPlan,
    counter: ItemCounter,
    schedule: GasSchedule,
    rule: BlockRule,
) -> tuple[tuple[MeteredBlock, ...], tuple[Place, ...], tuple[int, ...]]:
    """The blocks, the sized instructions and what those cost for each unit."""
    last_in_block = frozenset() if rule.counts_dead else LAST_IN_BLOCK
    code = counter.counted(func)
    sized = plan.each_sized()
    next_sized, price = next(sized, NO_MORE)
    blocks, sized_places, prices = [], [], []
    found = next(code, None)
    unpaid_locals = max(func.local_count - rule.free_locals, 0)
    for position, units, end in _spans(
        func, plan, rule, unpaid_locals * schedule.local
    ):
        cost = rule.header if end else 0
        counts = []
        start = position
        if rule.is_charged_last and found is not None:
            start = found.start
        held_end = start
        is_ended = False
        while found is not None and found.start < end:
            if found.start == next_sized:
                sized_places.append((found.start, found.mnemonic))
                prices.append(price)
                next_sized, price = next(sized, NO_MORE)
            # What comes before the first block cannot run, nor what follows a jump.
            if found.start >= start and not is_ended:
                cost += _units(found, schedule)
                if found.items or found.carried:
                    counts.append(COUNTS.pack(found.start, found.items, found.carried))
                held_end = found.end
                is_ended = found.mnemonic in last_in_block
            found = next(code, None)
        declared = unpaid_locals if start == 0 else 0
        unpaid_locals -= declared
        if units != min(cost + declared * schedule.local, rule.max_units):
            raise InternalError(f"a block at {position} does not cost {units} units")
        blocks.append(
            MeteredBlock(
                func.code, start, held_end, declared, units, position, b"".join(counts)
            )
        )
    return tuple(blocks), tuple(sized_places), tuple(prices)


def _spans(
    func: Func, plan: BodyPlan, rule: BlockRule, entry_units: int
) -> Iterator[tuple[int, int, int]]:
    """The position and units of each charge, and where what it pays for ends.

    That is the position of the first instruction that is not paid for by it, or one in
    the last that is. `entry_units` is what the func's locals cost.
    """
    charges = plan.each_charge()
    if not rule.is_charged_last:
        following = chain(charges, [(len(func.code), 0)])
        for (position, units), (end, _) in pairwise(following):
            yield position, units, end
        return
    first = BY_OPCODE[next(iter(instructions(func.code)))[0]].mnemonic
    has_entry_charge = entry_units > 0 and first not in rule.ends
    for position, units in charges:
        is_entry = position == 0 and has_entry_charge
        yield position, units, 0 if is_entry else position + 1
