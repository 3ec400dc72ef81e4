"""Which instructions each charge of a module pays for: its metered blocks, listed."""

from dataclasses import dataclass
from itertools import pairwise

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
    plans = plan_module(module, schedule, keep_free_charges=True)
    base = {name: cost.base for name, cost in schedule.instructions.items()}
    return ModuleBlocks(
        tuple(
            _func_blocks(
                func, plan, base, schedule.local, func.offset - module.code_offset
            )
            for func, plan in zip(module.funcs, plans, strict=True)
        )
    )


def _func_blocks(
    func: Func, plan: BodyPlan, base: dict[str, int], local: int, code_offset: int
) -> FuncBlocks:
    places = [
        (start, BY_OPCODE[opcode].mnemonic)
        for opcode, _, _, start, _ in instructions(func.code)
    ]
    number_at = {position: number for number, (position, _) in enumerate(places)}
    starts = [number_at[position] for position, _ in plan.charges]
    blocks = []
    for (start, end), (position, units) in zip(
        pairwise([*starts, len(places)]), plan.charges, strict=True
    ):
        held = _until_last(places[start:end])
        declared = func.local_count if position == 0 else 0
        if units != sum(base[name] for _, name in held) + declared * local:
            raise InternalError(f"a block at {position} does not cost {units} units")
        blocks.append(MeteredBlock(held, declared, units))
    sized = tuple(places[number_at[position]] for position, _ in plan.sized)
    prices = tuple(units for _, units in plan.sized)
    return FuncBlocks(tuple(blocks), sized, prices, code_offset)


def _until_last(places: list[Place]) -> tuple[Place, ...]:
    """The instructions up to the first behind which control does not go on."""
    for number, (_, mnemonic) in enumerate(places, start=1):
        if mnemonic in LAST_IN_BLOCK:
            return tuple(places[:number])
    return tuple(places)
