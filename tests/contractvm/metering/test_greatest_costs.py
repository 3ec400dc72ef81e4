"""The greatest cost of a metered block, and that of a func's entry: both sides."""

from dataclasses import replace

import pytest

from contractvm.errors import RefusedModule
from contractvm.metering.plan import plan_module
from contractvm.metering.rules import (
    GREATEST_SIGNED,
    STANDARD_METERING,
    Metering,
)
from contractvm.wasm.structure.module import Module
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_module

MOST = 2**63 - 1
REASON = "a metered block costs more than the gas counter holds"
NOP = wat_to_module("(module (func nop))")
TWO_NOPS = wat_to_module("(module (func nop nop))")
BRANCH = wat_to_module("(module (func (param i32) local.get 0 br_table 0 0 0))")


def module_with_locals(count: int) -> Module:
    return wat_to_module(f"(module (func (local {'i32 ' * count}) nop))")


def saturating(most: int) -> Metering:
    rule = replace(STANDARD_METERING.blocks, max_units=most, saturates=True)
    return replace(STANDARD_METERING, blocks=rule)


def charge(
    module: Module, schedule: GasSchedule, metering: Metering = STANDARD_METERING
) -> int | str:
    """The one charge of the module's one func, or why it is refused."""
    try:
        (plan,) = plan_module(module, schedule, metering)
    except RefusedModule as error:
        return error.reason
    ((position, amount),) = plan.charges
    assert position == 0
    return amount


def test_the_greatest_cost_is_what_a_signed_counter_holds() -> None:
    assert GREATEST_SIGNED == STANDARD_METERING.blocks.max_units == MOST


@pytest.mark.parametrize(("cost", "charged"), [(MOST, MOST), (MOST + 1, REASON)])
def test_one_instruction_may_cost_the_greatest_amount(
    cost: int, charged: int | str
) -> None:
    assert charge(NOP, schedule_with({"nop": cost})) == charged


@pytest.mark.parametrize(("end", "charged"), [(1, MOST), (2, REASON)])
def test_a_block_may_cost_the_greatest_amount_in_all(
    end: int, charged: int | str
) -> None:
    schedule = schedule_with({"nop": 2**62 - 1, "end": end})
    assert charge(TWO_NOPS, schedule) == charged


@pytest.mark.parametrize(
    ("per_entry", "read", "charged"),
    [
        (2**62 - 1, 1, MOST),
        (2**62 - 1, 2, REASON),
        # Two entries: the product alone is one too many.
        (2**62, 0, REASON),
    ],
)
def test_counted_entries_may_fill_a_block(
    per_entry: int, read: int, charged: int | str
) -> None:
    schedule = schedule_with({"local.get": read})
    costs = {**schedule.instructions, "br_table": InstructionCost(0, 0, 0, per_entry)}
    assert charge(BRANCH, replace(schedule, instructions=costs)) == charged


@pytest.mark.parametrize(
    ("count", "local", "nop", "charged"),
    [
        (1, MOST, 0, MOST),
        (1, MOST, 1, REASON),
        (1, MOST + 1, 0, REASON),
        (1, MOST - 1, 1, MOST),
        (2, 2**62 - 1, 1, MOST),
        (2, 2**62 - 1, 2, REASON),
        (2, 2**62, 0, REASON),
        # What does not fit 64 bits is refused as well, and no error of ours.
        (1, 2**64 - 1, 0, REASON),
        (1, 2**64, 0, REASON),
        (2, 2**63, 0, REASON),
        (3, 2**64, 0, REASON),
    ],
)
def test_a_funcs_entry_may_cost_the_greatest_amount(
    count: int, local: int, nop: int, charged: int | str
) -> None:
    schedule = schedule_with({"nop": nop}, local=local)
    assert charge(module_with_locals(count), schedule) == charged


@pytest.mark.parametrize("most", [10, MOST, 2**64 - 1])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_where_costs_saturate_the_greatest_is_charged(most: int, beyond: int) -> None:
    local = most + beyond
    schedule = schedule_with({}, local=local)
    assert charge(module_with_locals(1), schedule, saturating(most)) == min(local, most)
    if local < 2**64:
        schedule = schedule_with({"nop": local})
        assert charge(NOP, schedule, saturating(most)) == min(local, most)


@pytest.mark.parametrize(("nop", "charged"), [(4, 9), (5, 10), (6, 10)])
def test_a_block_that_saturates_stays_at_the_greatest_cost(
    nop: int, charged: int
) -> None:
    """What comes after does not begin again from zero."""
    module = wat_to_module("(module (func (local i32) nop nop))")
    schedule = schedule_with({"nop": nop}, local=1)
    assert charge(module, schedule, saturating(10)) == charged
