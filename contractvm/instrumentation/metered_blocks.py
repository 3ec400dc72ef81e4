"""Which instructions each charge of a module pays for: its metered blocks, listed."""

from collections import deque
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from contractvm.errors import InternalError
from contractvm.instrumentation.body_plan import BodyPlan
from contractvm.instrumentation.plan import plan_module
from contractvm.structure.func import Func
from contractvm.structure.instruction_reader import instructions
from contractvm.structure.module import Module
from contractvm.structure.opcodes import BY_OPCODE
from gas_schedule.schedule import GasSchedule

# A block ends behind these, and what follows up to the next charge cannot run.
LAST_IN_BLOCK = frozenset(["br", "br_table", "return", "unreachable"])

NO_MORE = (-1, 0)

Place = tuple[int, str]  # position in the original body, mnemonic


@dataclass(frozen=True, slots=True)
class MeteredBlock:
    """What one charge pays for: `instructions` as (position, mnemonic).

    `declared_locals` are the func's where this is its first block, else 0.
    """

    instructions: tuple[Place, ...]
    declared_locals: int
    units: int


@dataclass(frozen=True, slots=True)
class FuncBlocks:
    """The blocks of a func, one for each charge; its sized instructions beside them.

    `sized_units` are what those cost for each page, byte or element. `code_offset` is
    where the func's code begins within the content of the code section, from which
    addresses in debug information count.
    """

    blocks: tuple[MeteredBlock, ...]
    sized: tuple[Place, ...]
    sized_units: tuple[int, ...]
    code_offset: int


@dataclass(frozen=True, slots=True)
class ModuleBlocks:
    """The blocks of each func that a module defines, in order."""

    funcs: tuple[FuncBlocks, ...]


def list_blocks(module: Module, schedule: GasSchedule) -> ModuleBlocks:
    """The blocks of a module, before instrumentation, with free ones kept.

    In each func the k-th block belongs to the k-th charge, the k-th of `sized` to the
    k-th sized charge that instrumentation with `keep_free_charges` writes. Raises
    RefusedModule as instrumentation does.
    """
    # Each plan goes when its blocks are made, and funcs that are alike in a row share
    # theirs: a module may have a million.
    plans = deque(plan_module(module, schedule, keep_free_charges=True))
    base = {name: cost.base for name, cost in schedule.instructions.items()}
    made: list[FuncBlocks] = []
    for func in module.funcs:
        offset = func.offset - module.code_offset
        blocks = _func_blocks(func, plans.popleft(), base, schedule.local, offset)
        if made and blocks.blocks == made[-1].blocks:
            blocks = replace(blocks, blocks=made[-1].blocks)
        made.append(blocks)
    return ModuleBlocks(tuple(made))


def _func_blocks(
    func: Func, plan: BodyPlan, base: dict[str, int], local: int, code_offset: int
) -> FuncBlocks:
    code = (
        (start, BY_OPCODE[opcode].mnemonic)
        for opcode, _, _, start, _ in instructions(func.code)
    )
    charges = chain(plan.each_charge(), [(len(func.code), 0)])
    sized = plan.each_sized()
    next_sized, price = next(sized, NO_MORE)
    blocks, sized_places, prices = [], [], []
    place = next(code, None)
    for (position, units), (end, _) in pairwise(charges):
        held: list[Place] = []
        is_ended = False
        while place is not None and place[0] < end:
            if place[0] == next_sized:
                sized_places.append(place)
                prices.append(price)
                next_sized, price = next(sized, NO_MORE)
            # What comes before the first block cannot run, nor what follows a jump.
            if place[0] >= position and not is_ended:
                held.append(place)
                is_ended = place[1] in LAST_IN_BLOCK
            place = next(code, None)
        declared = func.local_count if position == 0 else 0
        if units != sum(base[name] for _, name in held) + declared * local:
            raise InternalError(f"a block at {position} does not cost {units} units")
        blocks.append(MeteredBlock(tuple(held), declared, units))
    return FuncBlocks(tuple(blocks), tuple(sized_places), tuple(prices), code_offset)
