"""Prices from nanoseconds: the anchor, the worst case, rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log10

from contractvm.calibration.carried import CONTEXTS, context_name
from contractvm.calibration.classes import CLASSES
from contractvm.calibration.counting import CARRIED_VALUE, LOCAL, Counts
from contractvm.calibration.fitting import ClassCost
from contractvm.calibration.floats import GROUPS, OPERATIONS, SLOW_NEAR_ZERO, near_zero
from contractvm.calibration.making import (
    ACTIVE_SEGMENTS,
    ITEM,
    PASSIVE_SEGMENTS,
    SEGMENT_ITEMS,
    SEGMENTS,
)
from contractvm.calibration.measuring import Measurements
from contractvm.calibration.pieces import CARRIED, GREATER, LOCALS, ONCE
from gas_schedule.schedule import GasSchedule

# The anchor, which ewasm-metered shares: 10,000,000 gas are one second.
NANOSECONDS_PER_GAS = 100
UNITS_PER_GAS = 10_000
UNITS_PER_NANOSECOND = UNITS_PER_GAS // NANOSECONDS_PER_GAS
# Memory takes room as well as time: the gas of a block, 30,000,000, may hold 15,000
# pages at once, 983 MB, however many contracts share them.
GAS_OF_A_PAGES_ROOM = 2_000
PAGE_BYTES, ELEMENT_BYTES = 65_536, 8
# The minimum share of its worst context that a class's price covers. Calls through a
# table are mostly mispredicted, and products mostly waited for. A branch is mostly
# predicted: at the price of one that never is, every loop would cost several times what
# it takes. Reading a local takes no time of its own, unless the value must be kept.
LEAST_SHARES = {
    "local.get": ("local.get: kept for a block", 0.1),
    "call_indirect": ("call_indirect: unforeseen", 1.0),
    "br_table": ("br_table: unforeseen", 0.5),
    "br_if": ("br_if: unforeseen", 0.25),
    "if": ("br_if: unforeseen", 0.25),
    "load": ("load: 64 KiB", 0.25),
    "divide i32": ("divide i32: far apart", 1.0),
    "divide i64": ("divide i64: far apart", 1.0),
    "multiply": ("multiply: each waits for the last", 1.0),
    "rotate": ("rotate: each waits for the last", 1.0),
    "count bits": ("count bits: each waits for the last", 0.5),
}
IN_ADDITION = ("unforeseen", "KiB")
# Most values are carried alone and stay where they are; the worst is many that wait in
# locals.
LEAST_SHARE_OF_CARRIED = 0.5


@dataclass(frozen=True, slots=True)
class Price:
    """A number of the schedule and the comment on it."""

    amount: int
    origin: str


def rounded(units: float, digits: int = 2) -> int:
    """Round up to that many significant digits, and to at least 1."""
    if units <= 1:
        return 1
    step: int = 10 ** max(0, int(log10(units)) - digits + 1)
    steps: int = ceil(units / step)
    return steps * step


def instruction_prices(measured: Measurements) -> dict[str, Price]:
    """Prices by mnemonic, including the bases of sized instructions."""
    prices: dict[str, Price] = {}
    for entry in CLASSES:
        price = class_price(entry.name, measured.classes, measured.pieces)
        prices |= dict.fromkeys(entry.mnemonics, price)
    for group in OPERATIONS:
        members = [name for name, found in GROUPS.items() if found == group]
        prices |= dict.fromkeys(members, float_price(group, members, measured))
    for name in ONCE:
        prices[name] = _price(
            measured.pieces[name], f"measured alone, {_spread(measured, name)}"
        )
    for name in GREATER:
        key = f"{name} 0"
        prices[name] = _price(
            measured.pieces[key], f"measured with size 0, {_spread(measured, key)}"
        )
    return prices


def class_price(
    name: str, classes: Mapping[str, ClassCost], pieces: Mapping[str, float]
) -> Price:
    """The fitted cost of a class, or the share of its worst context if that is more."""
    cost = classes[name]
    nanoseconds = cost.nanoseconds
    origin = f"fit {nanoseconds:.2f} ns ({cost.low:.2f} to {cost.high:.2f})"
    if name in LEAST_SHARES:
        context, share = LEAST_SHARES[name]
        # Of some contexts only what they add was measured.
        worst = nanoseconds + pieces[context]
        if not context.endswith(IN_ADDITION):
            worst = pieces[context]
        if worst * share > nanoseconds:
            nanoseconds = worst * share
            what = context.partition(": ")[2]
            origin += f"; {share:g} of the worst, {what}: {worst:.2f} ns"
    return Price(rounded(nanoseconds * UNITS_PER_NANOSECOND), f"{name}: {origin}")


def float_price(group: str, members: list[str], measured: Measurements) -> Price:
    """The price of the slowest instruction of a group of float instructions."""
    names = [
        *members,
        *(
            near_zero(name)
            for name in members
            if name.partition(".")[2] in SLOW_NEAR_ZERO
        ),
    ]
    worst = max(names, key=lambda name: measured.pieces[name])
    origin = f"{group}: {worst} of {len(names)}, {_spread(measured, worst)}"
    return _price(measured.pieces[worst], origin)


def size_prices(measured: Measurements) -> dict[str, Price]:
    """Units for each byte or element of sized instructions."""
    prices = {}
    for name, size in GREATER.items():
        key = f"{name} {size}"
        nanoseconds = measured.pieces[key] - measured.pieces[f"{name} 0"]
        what = f"measured over {size:,}, {_spread(measured, key)}"
        prices[name] = _price(max(0.0, nanoseconds) / size, what, 3)
    item = _price(
        measured.pieces[ITEM] / SEGMENT_ITEMS,
        f"an item of {SEGMENT_ITEMS:,} in an instance, {_spread(measured, ITEM)}",
        3,
    )
    prices["table.init"] = max(prices["table.init"], item, key=lambda p: p.amount)
    room = GAS_OF_A_PAGES_ROOM * UNITS_PER_GAS * ELEMENT_BYTES // PAGE_BYTES
    nanoseconds = measured.pieces["table.grow elements"]
    timed = rounded(nanoseconds * UNITS_PER_NANOSECOND)
    prices["table.grow"] = Price(
        max(timed, room), f"8 bytes' share of a page's room; takes {nanoseconds:.2f} ns"
    )
    return prices


def page_price(measured: Measurements) -> Price:
    """A page's time, or its room."""
    nanoseconds = measured.pieces["page"]
    timed = rounded(nanoseconds * UNITS_PER_NANOSECOND)
    room = GAS_OF_A_PAGES_ROOM * UNITS_PER_GAS
    origin = f"{nanoseconds / 1000:.1f} us to grow and touch, {timed:,} units; "
    if timed >= room:
        return Price(timed, origin + "more than its room")
    return Price(room, origin + "the price is for its room: 15,000 pages in a block")


def local_price(measured: Measurements) -> Price:
    """A declared local, which is set to zero at each call."""
    nanoseconds = measured.pieces[LOCAL] / LOCALS
    return _price(nanoseconds, f"{LOCALS:,} locals, {_spread(measured, LOCAL)}")


def carried_price(measured: Measurements) -> Price:
    """A value that is carried: the fitted cost, or a share of the worst context."""
    worst = max(CONTEXTS, key=lambda name: measured.pieces[context_name(name)])
    name = context_name(worst)
    nanoseconds = measured.pieces[name] / (CARRIED - 1)
    cost = measured.classes[CARRIED_VALUE]
    origin = (
        f"fit {cost.nanoseconds:.2f} ns ({cost.low:.2f} to {cost.high:.2f});"
        f" {LEAST_SHARE_OF_CARRIED:g} of the worst, {worst} with {CARRIED}:"
        f" {nanoseconds:.2f} ns, {_spread(measured, name)}"
    )
    least = LEAST_SHARE_OF_CARRIED * nanoseconds
    units = max(cost.nanoseconds, least) * UNITS_PER_NANOSECOND
    return Price(rounded(units), origin)


def segment_price(measured: Measurements) -> Price:
    """An element segment of an instance; an active one also costs a table.init."""
    init = measured.pieces["table.init 0"]
    active = measured.pieces[ACTIVE_SEGMENTS] / SEGMENTS - init
    passive = measured.pieces[PASSIVE_SEGMENTS] / SEGMENTS
    name = ACTIVE_SEGMENTS if active > passive else PASSIVE_SEGMENTS
    origin = f"{name}, {SEGMENTS:,} in an instance, {_spread(measured, name)}"
    return _price(max(active, passive), origin)


def host_price(measured: Measurements, name: str) -> Price:
    """Gas for a host function that only computes."""
    nanoseconds = measured.hosts[name]
    gas = max(1, ceil(nanoseconds / NANOSECONDS_PER_GAS))
    return Price(gas, f"measured {nanoseconds:,.0f} ns, {_spread(measured, name)}")


def units_of(counts: Counts, schedule: GasSchedule) -> int:
    """The charge of an execution with these counts, without sizes."""
    whole = {LOCAL: schedule.local, CARRIED_VALUE: schedule.carried_value}
    return sum(
        count
        * (
            whole[mnemonic]
            if mnemonic in whole
            else schedule.instructions[mnemonic].base
        )
        for mnemonic, count in counts.items()
    )


def _price(nanoseconds: float, origin: str, digits: int = 2) -> Price:
    units = rounded(nanoseconds * UNITS_PER_NANOSECOND, digits)
    return Price(units, f"{nanoseconds:.3g} ns, {origin}")


def _spread(measured: Measurements, name: str) -> str:
    return f"median {measured.spreads[name]:.0f} % above the least"
