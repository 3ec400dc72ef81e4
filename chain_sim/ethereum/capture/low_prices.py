"""Prices of a schedule that are too low for gas to bound a run's time and memory.

They are compared with the prices of other schedules, which do bound it. Nothing may
cost less than a tenth of the cheapest of those prices, and memory not less at all.
What is free in one of those schedules may be free.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.interface import HostFunction
from contractvm.hosts.registry import find_host
from gas_schedule.file_format import SIZED_BY_BYTE, SIZED_BY_ELEMENT
from gas_schedule.schedule import WORD_BYTES, GasSchedule, HostCost

MARGIN = 10

# These are for memory that is held as long as a call runs, not for finished work.
MEMORY_PRICES = frozenset({"memory_page", "table.grow per element"})

# An instance's globals, tables and segments are made at the prices of these; where one
# of them has none, its part is free. Schedules that never have one have other bounds.
INITIAL_WORK = ("global.set", "memory.init", "table.grow", "table.init")

# The minimum price of an instruction that the other schedules do not have.
LIKE_UNKNOWN = "i32.add"

# A call with ether brings the stipend as new gas. It costs twice as much, so that all
# the gas that is brought is no more than what was paid.
STIPENDS_PER_CALL_WITH_ETHER = 2
WITH_STIPEND = "value_transfer"
COMPLEXITY = 1_000_000
# Endings of numbers that are no prices of work.
NO_PRICES = ("_divisor", "_refund")


@dataclass(frozen=True, slots=True)
class LowPrice:
    """A price, None if there is none, and the minimum that it would have to be."""

    name: str
    price: int | None
    least: int
    unit: str

    def __str__(self) -> str:
        found = "has no price" if self.price is None else f"costs {self.price}"
        return f"{self.name} {found}, at least {self.least} {self.unit} needed"


def low_prices(
    schedule: GasSchedule, measures: Sequence[GasSchedule]
) -> tuple[LowPrice, ...]:
    """The prices that are too low compared with `measures`, which must not be empty.

    Prices paid once per transaction are not checked, since the number and size of a
    case's transactions are known, nor are refunds, which come after the work.
    """
    units = dict(prices_in_units(schedule))
    least_units = [
        (name, -(-price * schedule.units_per_gas // measure.units_per_gas))
        for measure in measures
        for name, price in prices_in_units(measure)
    ]
    gas = dict(prices_in_gas(schedule))
    least_gas = [pair for measure in measures for pair in prices_in_gas(measure)]
    gas_floor = lowest(least_gas)
    for name, least in _least_for_stipends(schedule):
        gas_floor[name] = max(gas_floor.get(name, 0), least)
    floor = lowest(least_units)
    unknown = {name: floor[LIKE_UNKNOWN] for name in units if name not in floor}
    return (
        *_missing(units, floor),
        *_below(units, floor | unknown, "units"),
        *_below(gas, gas_floor, "gas"),
    )


def lowest(prices: Sequence[tuple[str, int]]) -> dict[str, int]:
    """The minimum of each price."""
    found: dict[str, int] = {}
    for name, price in prices:
        least = price if name in MEMORY_PRICES else -(-price // MARGIN)
        found[name] = min(found.get(name, least), least)
    return found


def prices_in_units(schedule: GasSchedule) -> Iterator[tuple[str, int]]:
    """Names and prices of instructions, locals and memory."""
    yield "memory_page", schedule.memory_page
    yield "local", schedule.local
    for name, cost in schedule.instructions.items():
        yield name, cost.base
        if name in SIZED_BY_BYTE:
            yield f"{name} per byte", cost.per_byte
        if name in SIZED_BY_ELEMENT:
            yield f"{name} per element", cost.per_element


def prices_in_gas(schedule: GasSchedule) -> Iterator[tuple[str, int]]:
    """Names and prices in gas that can be paid many times in a transaction."""
    for function, cost in _host_costs(schedule):
        name = function.name
        yield name, cost.base
        yield f"{name} per word", cost.per_word + WORD_BYTES * cost.per_byte
        for amount in function.amounts:
            yield f"{name} {amount}", cost.amounts.get(amount, 0)
    costs = schedule.section(TransactionCosts)
    yield "code_deposit_per_byte", costs.code_deposit_per_byte
    precompiles = schedule.section(PrecompileCosts)
    for field in fields(PrecompileCosts):
        if field.name != "modexp_divisor":
            yield field.name, getattr(precompiles, field.name)
    divisor = precompiles.modexp_divisor
    yield f"modexp of complexity {COMPLEXITY}", COMPLEXITY // divisor
    yield from _further_sections(schedule)


def _further_sections(schedule: GasSchedule) -> Iterator[tuple[str, int]]:
    """The prices of sections that only some interfaces have."""
    for kind in find_host(schedule.interface).sections:
        if kind in (TransactionCosts, PrecompileCosts):
            continue
        section: Any = schedule.section(kind)
        for field in fields(section):
            if not field.name.endswith(NO_PRICES):
                yield f"{section.SECTION} {field.name}", getattr(section, field.name)


def _host_costs(schedule: GasSchedule) -> Iterator[tuple[HostFunction, HostCost]]:
    for function in find_host(schedule.interface).functions:
        cost = schedule.host_cost(*function.key)
        if cost is not None:
            yield function, cost


def _least_for_stipends(schedule: GasSchedule) -> Iterator[tuple[str, int]]:
    stipend = schedule.section(TransactionCosts).call_stipend
    for function, cost in _host_costs(schedule):
        if WITH_STIPEND in function.amounts:
            least = STIPENDS_PER_CALL_WITH_ETHER * stipend - cost.base
            yield f"{function.name} {WITH_STIPEND}", least


def _missing(prices: Mapping[str, int], least: Mapping[str, int]) -> Iterator[LowPrice]:
    for name in INITIAL_WORK:
        if name not in prices and name in least:
            yield LowPrice(name, None, least[name], "units")


def _below(
    prices: Mapping[str, int], least: Mapping[str, int], unit: str
) -> Iterator[LowPrice]:
    for name, price in prices.items():
        if price < least.get(name, 0):
            yield LowPrice(name, price, least[name], unit)
