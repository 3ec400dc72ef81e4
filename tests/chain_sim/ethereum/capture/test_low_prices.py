"""Prices that are too low to bound a run are named, with their minimum."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chain_sim.ethereum.capture.low_prices import LowPrice, low_prices
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, HostCost, InstructionCost
from tests.helpers.schedules import with_section

MEASURED, METERED = load_schedule("contractvm-1"), load_schedule("ewasm-metered")


def low(schedule: GasSchedule) -> tuple[LowPrice, ...]:
    return low_prices(schedule, [MEASURED, METERED])


def with_instructions(changed: Mapping[str, InstructionCost]) -> GasSchedule:
    return replace(MEASURED, instructions={**MEASURED.instructions, **changed})


def with_host(**changed: HostCost) -> GasSchedule:
    costs = {**MEASURED.host_costs["ethereum"], **changed}
    return replace(MEASURED, host_costs={"ethereum": costs})


@pytest.mark.parametrize("schedule", [MEASURED, METERED])
def test_the_schedules_that_measure_are_not_too_low_themselves(
    schedule: GasSchedule,
) -> None:
    assert low(schedule) == ()


def test_a_page_of_memory_costs_no_less_than_the_cheapest() -> None:
    assert low(replace(MEASURED, memory_page=20_000_000)) == ()
    assert low(replace(MEASURED, memory_page=19_999_999)) == (
        LowPrice("memory_page", 19_999_999, 20_000_000, "units"),
    )


def test_a_page_is_compared_in_gas_whatever_the_unit() -> None:
    coarse = replace(MEASURED, units_per_gas=1_000, memory_page=2_000_000)
    assert "memory_page" not in {price.name for price in low(coarse)}
    fine = replace(MEASURED, units_per_gas=100_000)
    assert LowPrice("memory_page", 20_000_000, 200_000_000, "units") in low(fine)


def test_a_declared_local_may_not_be_free() -> None:
    assert low(replace(MEASURED, local=2)) == ()
    assert low(replace(MEASURED, local=0)) == (LowPrice("local", 0, 2, "units"),)


@pytest.mark.parametrize(
    ("name", "least", "per_byte", "per_element"),
    [
        # A tenth of the lower price, rounded up; contractvm-1's, then ewasm-metered's.
        ("br_if", 14, 0, 0),
        ("call", 9, 0, 0),
        ("call_indirect", 72, 0, 0),
        ("i64.div_s", 29, 0, 0),
        ("i32.clz", 14, 0, 0),
        ("memory.grow", 120, 0, 0),
        ("memory.copy", 45, 10, 0),
        ("table.fill", 45, 0, 60),
    ],
)
def test_an_instruction_costs_a_tenth_at_least(
    name: str, least: int, per_byte: int, per_element: int
) -> None:
    enough = InstructionCost(least, per_byte, per_element)
    assert low(with_instructions({name: enough})) == ()
    too_low = replace(enough, base=least - 1)
    (price,) = low(with_instructions({name: too_low}))
    assert price == LowPrice(name, least - 1, least, "units")


@pytest.mark.parametrize(
    ("name", "rate", "least"),
    [
        ("memory.init", "per_byte", 1),
        ("memory.copy", "per_byte", 1),
        ("memory.fill", "per_byte", 1),
        ("table.init", "per_element", 27),
        ("table.copy", "per_element", 3),
        ("table.fill", "per_element", 6),
        ("table.grow", "per_element", 2_441),
    ],
)
def test_what_is_done_to_many_bytes_or_elements_costs_by_each(
    name: str, rate: str, least: int
) -> None:
    cost = MEASURED.instructions[name]
    assert low(with_instructions({name: replace(cost, **{rate: least})})) == ()
    (price,) = low(with_instructions({name: replace(cost, **{rate: least - 1})}))
    shown = rate.replace("_", " ")
    assert price == LowPrice(f"{name} {shown}", least - 1, least, "units")


@pytest.mark.parametrize(
    "name", ["block", "loop", "end", "nop", "i32.const", "ref.null", "unreachable"]
)
def test_what_is_free_in_a_released_schedule_may_be_free(name: str) -> None:
    assert low(with_instructions({name: InstructionCost(0)})) == ()


def test_an_instruction_that_no_released_schedule_has_costs_like_an_addition() -> None:
    assert low(with_instructions({"f64.sqrt": InstructionCost(5)})) == ()
    (price,) = low(with_instructions({"f64.sqrt": InstructionCost(4)}))
    assert price == LowPrice("f64.sqrt", 4, 5, "units")


def test_an_instruction_may_be_absent_unless_instances_are_made_at_its_price() -> None:
    def without(*names: str) -> GasSchedule:
        costs = {**MEASURED.instructions}
        for name in names:
            del costs[name]
        return replace(MEASURED, instructions=costs)

    assert low(without("memory.copy", "call_indirect", "memory.grow")) == ()
    assert low(without("table.grow", "memory.init", "table.init", "global.set")) == (
        LowPrice("global.set", None, 14, "units"),
        LowPrice("memory.init", None, 45, "units"),
        LowPrice("table.grow", None, 390, "units"),
        LowPrice("table.init", None, 45, "units"),
    )


@pytest.mark.parametrize(
    ("name", "cost", "price"),
    [
        ("getCaller", HostCost(0), LowPrice("getCaller", 0, 1, "gas")),
        ("storageLoad", HostCost(19), LowPrice("storageLoad", 19, 20, "gas")),
        ("callDataCopy", HostCost(15), LowPrice("callDataCopy per word", 0, 1, "gas")),
        (
            "log",
            HostCost(375, per_word=25, amounts={"per_topic": 375}),
            LowPrice("log per word", 25, 26, "gas"),
        ),
        (
            "storageStore",
            HostCost(5_000),
            LowPrice("storageStore new_slot", 0, 1_500, "gas"),
        ),
        (
            "call",
            HostCost(700, amounts={"new_account": 25_000, "value_transfer": 3_899}),
            LowPrice("call value_transfer", 3_899, 3_900, "gas"),
        ),
        (
            "callCode",
            HostCost(10_000),
            LowPrice("callCode value_transfer", 0, 900, "gas"),
        ),
    ],
)
def test_a_host_function_costs_what_it_does(
    name: str, cost: HostCost, price: LowPrice
) -> None:
    assert low(with_host(**{name: cost})) == (price,)


def test_words_may_be_paid_by_the_byte() -> None:
    assert low(with_host(callDataCopy=HostCost(15, per_byte=1))) == ()


def test_a_stipend_brings_no_more_gas_than_its_call_costs() -> None:
    def stipend(gas: int) -> GasSchedule:
        return with_section(MEASURED, "transaction", {"call_stipend": gas})

    assert low(stipend(4_850)) == ()
    assert low(stipend(4_851)) == (
        LowPrice("call value_transfer", 9_000, 9_002, "gas"),
        LowPrice("callCode value_transfer", 9_000, 9_002, "gas"),
    )


@pytest.mark.parametrize(
    ("name", "price", "least"),
    [
        ("ecrecover", 299, 300),
        ("sha256_per_word", 1, 2),
        ("identity_per_word", 0, 1),
        ("bn128_pairing_per_point", 7_999, 8_000),
    ],
)
def test_a_precompiled_contract_costs_a_tenth_at_least(
    name: str, price: int, least: int
) -> None:
    changed = with_section(MEASURED, "precompiles", {name: price})
    assert low(changed) == (LowPrice(name, price, least, "gas"),)


def test_a_great_divisor_makes_modexp_too_cheap() -> None:
    def divided(by: int) -> GasSchedule:
        return with_section(MEASURED, "precompiles", {"modexp_divisor": by})

    assert low(divided(200)) == ()
    (price,) = low(divided(201))
    assert price == LowPrice("modexp of complexity 1000000", 4_975, 5_000, "gas")


def test_what_code_costs_to_keep_is_not_too_little() -> None:
    costs = {"code_deposit_per_byte": 19}
    assert low(with_section(MEASURED, "transaction", costs)) == (
        LowPrice("code_deposit_per_byte", 19, 20, "gas"),
    )


def test_a_price_that_is_too_low_says_what_it_would_have_to_be() -> None:
    local = LowPrice("local", 0, 2, "units")
    assert str(local) == "local costs 0, at least 2 units needed"
    missing = LowPrice("table.grow", None, 390, "units")
    assert str(missing) == "table.grow has no price, at least 390 units needed"
