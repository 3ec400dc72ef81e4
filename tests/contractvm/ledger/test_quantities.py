"""Quantities and their prices, one kind after the other."""

from dataclasses import replace

import pytest

from contractvm.ledger.quantities import (
    LOCAL,
    Quantities,
    Quantity,
    QuantityKind,
    add_quantities,
    host_charge,
    initial_quantities,
    price_units,
    unit_price,
)
from contractvm.metering.initial_work import InitialWork
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost
from tests.helpers.schedules import schedule_with, with_section

KIND = QuantityKind


def priced() -> GasSchedule:
    schedule = with_section(
        schedule_with({"i32.add": 3, "global.set": 11}, memory_page=1_000, local=5),
        "transaction",
        {"base": 29},
    )
    costs = {
        "memory.copy": InstructionCost(50, per_byte=7),
        "table.init": InstructionCost(60, per_element=9),
        "table.grow": InstructionCost(61, per_element=13),
    }
    host = HostCost(17, per_byte=19, per_word=23, amounts={"new_slot": 27})
    return replace(
        schedule,
        units_per_gas=100,
        instructions={**schedule.instructions, **costs},
        host_costs={"m": {"f": host}},
    )


@pytest.mark.parametrize(
    ("quantity", "units"),
    [
        (Quantity(KIND.INSTRUCTION, "i32.add"), 3),
        (Quantity(KIND.INSTRUCTION, "memory.copy"), 50),
        (Quantity(KIND.SIZE, "memory.copy"), 7),
        (Quantity(KIND.SIZE, "table.init"), 9),
        (Quantity(KIND.SIZE, "memory.grow"), 1_000),
        (LOCAL, 5),
        (Quantity(KIND.INITIAL, "global.set", "times"), 11),
        (Quantity(KIND.INITIAL, "table.grow", "size"), 13),
        (Quantity(KIND.INITIAL, "table.init", "times"), 60),
        (Quantity(KIND.INITIAL, "table.init", "size"), 9),
        (Quantity(KIND.INITIAL, "memory.grow", "times"), 0),
        (Quantity(KIND.INITIAL, "memory.grow", "size"), 1_000),
        (Quantity(KIND.HOST_CALL, "f", module="m"), 1_700),
        (Quantity(KIND.HOST_BYTE, "f", module="m"), 1_900),
        (Quantity(KIND.HOST_WORD, "f", module="m"), 2_300),
        (Quantity(KIND.HOST_AMOUNT, "f", "new_slot", "m"), 2_700),
        (Quantity(KIND.HOST_AMOUNT, "f", "other", "m"), 0),
        (Quantity(KIND.GAS, "f", module="m"), 100),
        (Quantity(KIND.EFFECT, "f", "set", "m"), 0),
        (Quantity(KIND.SECTION, "transaction", "base"), 2_900),
    ],
)
def test_what_one_of_each_kind_costs(quantity: Quantity, units: int) -> None:
    assert unit_price(quantity, priced()) == units
    assert price_units([(quantity, 3), (LOCAL, 2)], priced()) == 3 * units + 10


@pytest.mark.parametrize(
    "quantity",
    [
        Quantity(KIND.INSTRUCTION, "i32.none"),
        Quantity(KIND.HOST_CALL, "g", module="m"),
        Quantity(KIND.HOST_CALL, "f", module="n"),
    ],
)
def test_what_has_no_price_is_a_missing_key(quantity: Quantity) -> None:
    with pytest.raises(KeyError):
        unit_price(quantity, priced())


@pytest.mark.parametrize(
    ("length", "byte_count", "words"),
    [(0, None, None), (1, 1, 1), (32, 32, 1), (33, 33, 2), (64, 64, 2)],
)
def test_a_host_call_counts_its_bytes_and_words(
    length: int, byte_count: int | None, words: int | None
) -> None:
    expected = {
        Quantity(KIND.HOST_CALL, "f", module="m"): 1,
        Quantity(KIND.HOST_BYTE, "f", module="m"): byte_count,
        Quantity(KIND.HOST_WORD, "f", module="m"): words,
    }
    assert host_charge("m", "f", length) == {
        quantity: count for quantity, count in expected.items() if count is not None
    }


def test_initial_work_counts_times_and_sizes_that_are_not_zero() -> None:
    work = (
        InitialWork("memory.grow", 0, 3),
        InitialWork("global.set", 2, 0),
        InitialWork("table.init", 1, 4),
    )
    assert initial_quantities(work) == {
        Quantity(KIND.INITIAL, "memory.grow", "size"): 3,
        Quantity(KIND.INITIAL, "global.set", "times"): 2,
        Quantity(KIND.INITIAL, "table.init", "times"): 1,
        Quantity(KIND.INITIAL, "table.init", "size"): 4,
    }


def test_quantities_are_added_in_place() -> None:
    total: Quantities = {LOCAL: 2}
    other = Quantity(KIND.INSTRUCTION, "i32.add")
    add_quantities(total, {LOCAL: 3, other: 4})
    assert total == {LOCAL: 5, other: 4}
