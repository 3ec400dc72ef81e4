"""Quantities as the lines of a report: added up in groups, each with its units."""

from collections.abc import Mapping

from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.instruction_classes import (
    CLASS_ORDER,
    instruction_class,
    size_name,
)
from contractvm.ledger.quantities import (
    SIZE,
    TIMES,
    Kind,
    Quantities,
    Quantity,
    unit_price,
)
from contractvm.ledger.report import Part
from gas_schedule.schedule import GasSchedule

STORE, LOAD = "storageStore", "storageLoad"
# Conditions that are no matter of ether stay with their host function.
VALUE_AMOUNTS = ("value_transfer", "new_account")
EFFECTS = ("set", "reset", "clear", "unchanged")
GROUP_ORDER = (
    "memory",
    "locals",
    "instructions",
    "host",
    "storage",
    "value",
    "precompile",
    "deposit",
    "failure",
)
RANKS = {group: rank for rank, group in enumerate(GROUP_ORDER)}
CLASS_RANKS = {name: rank for rank, name in enumerate(CLASS_ORDER)}


class PartSums:
    """Lines of a report while they are added up."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, group: str, name: str, count: int, units: int) -> None:
        """Add to one line."""
        old_count, old_units = self._sums.get((group, name), (0, 0))
        self._sums[group, name] = (old_count + count, old_units + units)

    def parts(self) -> tuple[Part, ...]:
        """The lines by group; instructions by class, the rest in order of first use."""
        listed = sorted(
            self._sums.items(),
            key=lambda entry: (RANKS[entry[0][0]], CLASS_RANKS.get(entry[0][1], 0)),
        )
        return tuple(
            Part(group, name, count, units)
            for (group, name), (count, units) in listed
            if count or units
        )


def frame_parts(
    counted: Quantities, value: FrameValue, schedule: GasSchedule
) -> PartSums:
    """The lines of what a frame counted, and of how it failed."""
    sums = PartSums()
    for quantity, count in counted.items():
        if not is_store(quantity):
            group, name = line_of(quantity)
            units = unit_price(quantity, schedule) * count
            sums.add(group, name, count if counts(quantity) else 0, units)
    add_stores(sums, counted, schedule)
    if value.forfeited:
        sums.add("failure", "forfeited", 1, value.forfeited)
    if value.unpaid:
        sums.add("failure", "not paid", 1, -value.unpaid)
    return sums


# The lines of making an instance, and what they count.
INITIAL_LINES = {
    "memory.grow": ("initial pages", SIZE),
    "table.grow": ("initial table elements", SIZE),
    "global.set": ("initial globals", TIMES),
    "table.init": ("element segments", TIMES),
    "memory.init": ("data segments", TIMES),
}
# The lines of what is not by name.
FIXED_LINES = {
    Kind.LOCAL: ("locals", "declared locals"),
    Kind.DEPOSIT_BYTE: ("deposit", "code bytes"),
}


def line_of(quantity: Quantity) -> tuple[str, str]:
    """The group and the name of the line that a quantity belongs to."""
    kind, name, detail = quantity
    if kind in FIXED_LINES:
        return FIXED_LINES[kind]
    if kind is Kind.INITIAL:
        return "memory", INITIAL_LINES[name][0]
    if kind is Kind.INSTRUCTION:
        return "instructions", instruction_class(name)
    if kind is Kind.SIZE:
        return "memory", size_name(name)
    if kind is Kind.HOST_AMOUNT and detail in VALUE_AMOUNTS:
        return "value", f"{name} {detail.replace('_', ' ')}"
    return ("storage", "load") if name == LOAD else ("host", name)


def counts(quantity: Quantity) -> bool:
    """Whether its count is what its line counts: calls, not bytes of calls."""
    if quantity.kind is Kind.INITIAL:
        return quantity.detail == INITIAL_LINES[quantity.name][1]
    if quantity.kind is Kind.HOST_AMOUNT:
        return quantity.detail in VALUE_AMOUNTS
    return quantity.kind not in (Kind.HOST_BYTE, Kind.HOST_WORD, Kind.GAS)


def is_store(quantity: Quantity) -> bool:
    """Whether it is about a storageStore, whose lines are made by its effect."""
    return quantity.kind is Kind.STORED or quantity.name == STORE


def add_stores(
    sums: PartSums, counted: Mapping[Quantity, int], schedule: GasSchedule
) -> None:
    """Lines for storageStore by what it did; a call that stopped before is apart."""
    call = Quantity(Kind.HOST_CALL, STORE)
    unfinished = counted.get(call, 0)
    if not unfinished:
        return
    price = unit_price(call, schedule)
    for effect in EFFECTS:
        count = counted.get(Quantity(Kind.STORED, effect), 0)
        sums.add("storage", effect, count, count * price)
        unfinished -= count
    slots = Quantity(Kind.HOST_AMOUNT, STORE, "new_slot")
    new_slot_count = counted.get(slots, 0)
    if new_slot_count:
        sums.add("storage", "set", 0, new_slot_count * unit_price(slots, schedule))
    sums.add("storage", "unfinished store", unfinished, unfinished * price)
