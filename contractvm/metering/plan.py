"""The plan of a module's charges, where and how much: the first of two steps."""

from array import array

from msgspec import Struct

from contractvm.errors import RefusedModule
from contractvm.metering.body_plan import BodyPlan
from contractvm.metering.body_planner import UNPRICED, BodyRefused, plan_bodies
from contractvm.metering.prices import opcode_prices
from contractvm.metering.rules import STANDARD_METERING, GrowHook, Metering
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_OPCODE
from gas_schedule.schedule import GasSchedule


class FuncTypeCounts(Struct, frozen=True):
    """By type index how many params and results; by func index the type index."""

    params: "array[int]"
    results: "array[int]"
    func_types: "array[int]"


def count_types(module: Module) -> FuncTypeCounts:
    """The numbers that the planner needs of a valid module's types."""
    return FuncTypeCounts(
        array("I", [len(entry.params) for entry in module.types]),
        array("I", [len(entry.results) for entry in module.types]),
        array("I", module.func_type_indices),
    )


def plan_module(
    module: Module,
    schedule: GasSchedule,
    metering: Metering = STANDARD_METERING,
    *,
    keep_free_charges: bool = False,
) -> tuple[BodyPlan, ...]:
    """The plan of each func that the module defines, in order.

    With `keep_free_charges` free blocks that can run, and free instructions with a
    size, get charges of 0 units. Raises RefusedModule for an instruction without a
    cost, in dead code too, for a metered block whose cost does not fit the counter, and
    for memory that can grow without the import that the hook needs. ValueError if the
    metering cannot charge one of the schedule's costs.
    """
    is_hooked = hook_index(module, metering.grow_hook) is not None
    prices = opcode_prices(schedule, metering, is_hooked=is_hooked)
    try:
        return plan_bodies(
            module.funcs, prices, metering, count_types(module), keep_free_charges
        )
    except BodyRefused as refusal:
        func_index = len(module.imports_of(ExternKind.FUNC)) + refusal.func_number
        offset = module.funcs[refusal.func_number].offset + refusal.position
        reason = _reason(refusal, schedule.name)
        raise RefusedModule(reason, func_index, offset) from None


def hook_index(module: Module, hook: GrowHook | None) -> int | None:
    """The func index of the hook that memory growth calls; None if there is none."""
    if hook is None or all(
        memory.limits.minimum == memory.limits.maximum for memory in module.memory_types
    ):
        return None
    for func_index, entry in enumerate(module.imports_of(ExternKind.FUNC)):
        if (entry.module, entry.name) == (hook.module, hook.name):
            return func_index
    raise RefusedModule(f"memory can grow without the import {hook.module}.{hook.name}")


def _reason(refusal: BodyRefused, schedule_name: str) -> str:
    if refusal.reason == UNPRICED:
        mnemonic = BY_OPCODE[refusal.opcode].mnemonic
        return f"{mnemonic} has no cost in gas schedule {schedule_name}"
    return "a metered block costs more than the gas counter holds"
