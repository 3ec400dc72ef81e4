"""Prices and flags of each opcode, as the compiled planner takes them."""

from dataclasses import replace

import pytest

from contractvm.metering.body_planner import (
    IS_COUNTED,
    IS_ENDER,
    IS_ENDER_IF_JOINED,
    IS_HOOKED,
    IS_PRICED,
    IS_SIZED,
    IS_STRUCTURE,
)
from contractvm.metering.prices import OpcodePrices, opcode_prices
from contractvm.metering.rules import STANDARD_METERING
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, SLOT_COUNT, slot_of
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.schedules import schedule_with


def slot(mnemonic: str) -> int:
    return slot_of(BY_MNEMONIC[mnemonic].opcode)


def row(prices: OpcodePrices, mnemonic: str) -> tuple[int, int, int, int]:
    place = slot(mnemonic)
    return (
        prices.flags[place],
        prices.base[place],
        prices.per_unit[place],
        prices.per_item[place],
    )


def schedule(**costs: InstructionCost | None) -> GasSchedule:
    base = schedule_with({"i32.add": 3, "end": 4}, memory_page=1_000)
    changed = {
        **base.instructions,
        **{name.replace("__", "."): cost for name, cost in costs.items()},
    }
    kept = {name: cost for name, cost in changed.items() if cost is not None}
    return replace(base, instructions=kept)


def test_each_opcode_has_its_flags_and_prices() -> None:
    prices = opcode_prices(
        schedule(
            memory__copy=InstructionCost(5, per_byte=6),
            table__grow=InstructionCost(7, per_element=8),
            br_table=InstructionCost(9, per_entry=10),
            call_indirect=InstructionCost(11, per_param=12),
            i32__sub=None,
            memory__fill=None,
        )
    )
    jump = IS_PRICED | IS_STRUCTURE | IS_ENDER
    assert row(prices, "i32.add") == (IS_PRICED, 3, 0, 0)
    assert row(prices, "i32.sub") == (0, 0, 0, 0)
    assert row(prices, "memory.copy") == (IS_PRICED | IS_SIZED, 5, 6, 0)
    assert row(prices, "memory.fill") == (IS_SIZED, 0, 0, 0)
    assert row(prices, "table.grow") == (IS_PRICED | IS_SIZED, 7, 8, 0)
    assert row(prices, "memory.grow") == (IS_PRICED | IS_SIZED, 0, 1_000, 0)
    assert row(prices, "br_table") == (jump | IS_COUNTED, 9, 0, 10)
    assert row(prices, "call_indirect") == (jump | IS_COUNTED, 11, 0, 12)
    assert row(prices, "br") == (jump, 0, 0, 0)
    assert row(prices, "block") == (IS_PRICED | IS_STRUCTURE, 0, 0, 0)
    assert row(prices, "end") == (
        IS_PRICED | IS_STRUCTURE | IS_ENDER_IF_JOINED, 4, 0, 0
    )  # fmt: skip
    assert len(prices.flags) == len(prices.base) == SLOT_COUNT
    assert len(prices.per_unit) == len(prices.per_item) == SLOT_COUNT


def test_what_is_counted_but_costs_nothing_is_not_counted() -> None:
    prices = opcode_prices(schedule(br_table=InstructionCost(9)))
    jump = IS_PRICED | IS_STRUCTURE | IS_ENDER
    assert row(prices, "br_table") == (jump, 9, 0, 0)
    without = opcode_prices(schedule(call_indirect=None))
    assert row(without, "call_indirect") == (jump & ~IS_PRICED, 0, 0, 0)


def test_a_hook_charges_for_growth_in_place_of_the_page_price() -> None:
    prices = opcode_prices(schedule(), is_hooked=True)
    assert row(prices, "memory.grow") == (IS_PRICED | IS_HOOKED, 0, 0, 0)
    assert row(prices, "memory.copy") == (IS_PRICED | IS_SIZED, 0, 0, 0)


def test_a_metering_without_sized_charges_takes_no_price_by_size() -> None:
    metering = replace(STANDARD_METERING, name="unsized", sized=None)
    free = replace(schedule(), memory_page=0)
    assert row(opcode_prices(free, metering), "memory.grow") == (IS_PRICED, 0, 0, 0)
    with pytest.raises(ValueError, match=r"by size: memory\.grow"):
        opcode_prices(replace(free, memory_page=1), metering)
    costly = replace(
        free,
        instructions=schedule(memory__copy=InstructionCost(0, per_byte=1)).instructions,
    )
    with pytest.raises(ValueError, match=r"by size: memory\.copy"):
        opcode_prices(costly, metering)
