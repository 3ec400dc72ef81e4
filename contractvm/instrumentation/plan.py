"""Where the charges of a module go, and how much each is: the first of two steps."""

from dataclasses import dataclass

from contractvm.errors import RefusedModule
from contractvm.instrumentation.body_planner import UNPRICED, BodyRefused, plan_body
from contractvm.instrumentation.prices import OpcodePrices, opcode_prices
from contractvm.structure.module import ExternKind, Func, Module
from contractvm.structure.opcodes import BY_OPCODE
from gas_schedule.schedule import GasSchedule

MAX_CHARGE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """The plan of one body; positions count from the first byte of its code.

    `charges` are (position, units) of the metered blocks that cost something, `sized`
    (position, units for each) of live instructions that also cost by their size,
    `returns` (position, depth of the body's label) of live returns.
    """

    charges: list[tuple[int, int]]
    sized: list[tuple[int, int]]
    returns: list[tuple[int, int]]


def plan_module(module: Module, schedule: GasSchedule) -> tuple[BodyPlan, ...]:
    """The plan of each func that the module defines, in order.

    Raises RefusedModule for an instruction without a cost, in dead code too, and for a
    metered block whose cost does not fit the counter.
    """
    prices = opcode_prices(schedule)
    first_func = len(module.imports_of(ExternKind.FUNC))
    plans = []
    for func_index, func in enumerate(module.funcs, start=first_func):
        try:
            plans.append(_plan_func(func, prices, schedule.local))
        except BodyRefused as refusal:
            reason = _reason(refusal, schedule.name)
            offset = func.offset + refusal.position
            raise RefusedModule(reason, func_index, offset) from None
    return tuple(plans)


def _plan_func(func: Func, prices: OpcodePrices, local_cost: int) -> BodyPlan:
    # Past the limit by any amount is past the limit: the planner counts in 64 bits.
    entry_cost = min(func.local_count * local_cost, MAX_CHARGE + 1)
    return BodyPlan(*plan_body(func.code, prices.base, prices.per_unit, entry_cost))


def _reason(refusal: BodyRefused, schedule_name: str) -> str:
    if refusal.reason == UNPRICED:
        mnemonic = BY_OPCODE[refusal.opcode].mnemonic
        return f"{mnemonic} has no cost in gas schedule {schedule_name}"
    return "a metered block costs more than the gas counter holds"
