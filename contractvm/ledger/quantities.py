"""Quantities: the things a run does that a gas schedule prices.

A run is recorded as how often each happened, never as gas, so that the same recording
can be priced by any schedule.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from contractvm.hosts.amounts import Amount
from contractvm.hosts.registry import find_host
from contractvm.metering.initial_work import InitialWork
from gas_schedule.schedule import WORD_BYTES, GasSchedule, HostCost


class QuantityKind(Enum):
    """Which part of a schedule has the price; `Quantity.name` is the key there."""

    INSTRUCTION = "instruction"
    SIZE = "size"  # bytes, elements or pages that an instruction asked for
    ITEM = "item"  # entries or parameters that an instruction counts
    LOCAL = "local"  # declared locals of called funcs
    HEADER = "header"  # metered blocks, each with what a metering adds to it
    CARRIED = "carried"  # values that instructions carry to where control goes
    INITIAL = "initial"  # work of making an instance; `detail` is TIMES or SIZE
    HOST_CALL = "host call"
    HOST_BYTE = "host byte"
    HOST_WORD = "host word"
    HOST_AMOUNT = "host amount"  # due under a condition; `detail` says which
    GAS = "gas"  # gas that the contract named itself, to a host function
    EFFECT = "effect"  # what a host call turned out to do: in the price of the call
    AMOUNT = "amount"  # units of the run itself; `module` is the host function
    AMOUNT_TIMES = "amount times"  # how often an amount was taken
    SECTION = "section"  # `name` is a section of the schedule, `detail` its key


class Quantity(NamedTuple):
    """One thing that is counted; `module` is where a host function is imported from.

    Of an amount, `name` is its line in a report, and `detail` that line's group.
    """

    kind: QuantityKind
    name: str = ""
    detail: str = ""
    module: str = ""


Quantities = dict[Quantity, int]

MEMORY_GROW = "memory.grow"
TIMES, SIZE = "times", "size"
LOCAL = Quantity(QuantityKind.LOCAL)
CARRIED = Quantity(QuantityKind.CARRIED)
HEADER = Quantity(QuantityKind.HEADER)


def add_quantities(total: Quantities, more: Mapping[Quantity, int]) -> None:
    """Add `more` to `total`, in place."""
    for quantity, count in more.items():
        total[quantity] = total.get(quantity, 0) + count


def host_charge(module: str, name: str, length: int) -> Quantities:
    """One call of host function `name`, for work on `length` bytes."""
    counted = {Quantity(QuantityKind.HOST_CALL, name, module=module): 1}
    if length:
        counted[Quantity(QuantityKind.HOST_BYTE, name, module=module)] = length
        words = (length + WORD_BYTES - 1) // WORD_BYTES
        counted[Quantity(QuantityKind.HOST_WORD, name, module=module)] = words
    return counted


def amount_quantities(amount: Amount) -> Quantities:
    """An amount, and how often it was taken."""
    about = amount.name, amount.group, amount.function
    return {
        Quantity(QuantityKind.AMOUNT, *about): amount.units,
        Quantity(QuantityKind.AMOUNT_TIMES, *about): amount.times,
    }


def initial_quantities(work: Iterable[InitialWork]) -> Quantities:
    """The quantities of making an instance."""
    counted: Quantities = {}
    for entry in work:
        counted[Quantity(QuantityKind.INITIAL, entry.mnemonic, TIMES)] = entry.times
        counted[Quantity(QuantityKind.INITIAL, entry.mnemonic, SIZE)] = entry.size
    return {quantity: count for quantity, count in counted.items() if count}


def unit_price(quantity: Quantity, schedule: GasSchedule) -> int:
    """Units for one of `quantity`; KeyError if the schedule has no price for it."""
    if quantity.kind in UNIT_PRICES:
        return UNIT_PRICES[quantity.kind](quantity, schedule)
    return schedule.units_from_gas(_gas_price(quantity, schedule))


def price_units(counted: Iterable[tuple[Quantity, int]], schedule: GasSchedule) -> int:
    """Units for all of it; KeyError as `unit_price`."""
    return sum(unit_price(quantity, schedule) * count for quantity, count in counted)


def _instruction_price(quantity: Quantity, schedule: GasSchedule) -> int:
    return schedule.instructions[quantity.name].base


def _size_price(quantity: Quantity, schedule: GasSchedule) -> int:
    if quantity.name == MEMORY_GROW:
        return schedule.memory_page
    cost = schedule.instructions[quantity.name]
    # An instruction has one size, so at most one of these is not zero.
    return cost.per_byte + cost.per_element


def _item_price(quantity: Quantity, schedule: GasSchedule) -> int:
    cost = schedule.instructions[quantity.name]
    # An instruction has entries or parameters: one of these is 0.
    return cost.per_entry + cost.per_param


def _initial_price(quantity: Quantity, schedule: GasSchedule) -> int:
    times, size = int(quantity.detail == TIMES), int(quantity.detail == SIZE)
    return InitialWork(quantity.name, times, size).units(schedule)


def _header_price(_: Quantity, schedule: GasSchedule) -> int:
    metering = find_host(schedule.interface).metering_under(schedule)
    return metering.blocks.header


# What is priced in units; the rest is priced in whole gas.
UNIT_PRICES: Mapping[QuantityKind, Callable[[Quantity, GasSchedule], int]] = {
    QuantityKind.INSTRUCTION: _instruction_price,
    QuantityKind.SIZE: _size_price,
    QuantityKind.ITEM: _item_price,
    QuantityKind.LOCAL: lambda _, schedule: schedule.local,
    QuantityKind.CARRIED: lambda _, schedule: schedule.carried_value,
    QuantityKind.HEADER: _header_price,
    QuantityKind.INITIAL: _initial_price,
    QuantityKind.AMOUNT: lambda _, __: 1,
    QuantityKind.AMOUNT_TIMES: lambda _, __: 0,
}


def _gas_price(quantity: Quantity, schedule: GasSchedule) -> int:
    """What is priced in whole gas."""
    match quantity.kind:
        case QuantityKind.GAS:
            return 1
        case QuantityKind.EFFECT:
            return 0
        case QuantityKind.SECTION:
            return schedule.sections[quantity.name].number(quantity.detail)
    return _host_price(quantity, schedule.host_costs[quantity.module][quantity.name])


def _host_price(quantity: Quantity, cost: HostCost) -> int:
    match quantity.kind:
        case QuantityKind.HOST_BYTE:
            return cost.per_byte
        case QuantityKind.HOST_WORD:
            return cost.per_word
        case QuantityKind.HOST_AMOUNT:
            return cost.amounts.get(quantity.detail, 0)
    return cost.base
