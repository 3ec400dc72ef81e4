"""Where the charges of a module go, and how much each is: the first of two steps."""

from contractvm.errors import RefusedModule
from contractvm.metering.body_plan import BodyPlan
from contractvm.metering.body_planner import UNPRICED, BodyRefused, plan_bodies
from contractvm.metering.prices import opcode_prices
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_OPCODE
from gas_schedule.schedule import GasSchedule


def plan_module(
    module: Module, schedule: GasSchedule, *, keep_free_charges: bool = False
) -> tuple[BodyPlan, ...]:
    """The plan of each func that the module defines, in order.

    With `keep_free_charges` blocks that can run, and instructions with a size, have
    charges of 0 units where they are free. Raises
    RefusedModule for an instruction without a cost, in dead code too, and for a metered
    block whose cost does not fit the counter.
    """
    prices = opcode_prices(schedule)
    try:
        return plan_bodies(
            module.funcs,
            prices.base,
            prices.per_unit,
            schedule.local,
            keep_free_charges,
        )
    except BodyRefused as refusal:
        func_index = len(module.imports_of(ExternKind.FUNC)) + refusal.func_number
        offset = module.funcs[refusal.func_number].offset + refusal.position
        reason = _reason(refusal, schedule.name)
        raise RefusedModule(reason, func_index, offset) from None


def _reason(refusal: BodyRefused, schedule_name: str) -> str:
    if refusal.reason == UNPRICED:
        mnemonic = BY_OPCODE[refusal.opcode].mnemonic
        return f"{mnemonic} has no cost in gas schedule {schedule_name}"
    return "a metered block costs more than the gas counter holds"
