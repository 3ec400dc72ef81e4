"""The lines of a report: quantities added up in groups, each with its units."""

from collections.abc import Iterable, Mapping

from contractvm.hosts.interface import HostFunction, HostInterface
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.instruction_classes import (
    CLASS_ORDER,
    instruction_class,
    size_name,
)
from contractvm.ledger.quantities import (
    SIZE,
    TIMES,
    Quantities,
    Quantity,
    QuantityKind,
    unit_price,
)
from contractvm.ledger.report import Part
from contractvm.metering.initial_work import ELEMENT_SEGMENT
from gas_schedule.schedule import GasSchedule

# Groups come in this order, and between them those of the host interface in the order
# of its functions.
FIRST_GROUPS = ("start", "memory", "locals", "instructions", "host")
LAST_GROUPS = ("precompile", "deposit", "failure", "rounding")
WHOLE_LINES = {
    QuantityKind.HEADER: ("instructions", "block headers"),
    QuantityKind.LOCAL: ("locals", "declared locals"),
    QuantityKind.CARRIED: ("instructions", "carried values"),
}
CLASS_RANKS = {
    name: rank
    for rank, name in enumerate((*CLASS_ORDER, "carried values", "block headers"))
}
# The kinds whose counts are those of their lines.
COUNTED = frozenset(
    {
        *(QuantityKind.AMOUNT_TIMES, QuantityKind.LOCAL, QuantityKind.HEADER),
        *(QuantityKind.INSTRUCTION, QuantityKind.SIZE, QuantityKind.SECTION),
    }
)
AMOUNTS = (QuantityKind.AMOUNT, QuantityKind.AMOUNT_TIMES)
# The lines of making an instance, and what they count.
INITIAL_LINES = {
    "memory.grow": ("initial pages", SIZE),
    "table.grow": ("initial table elements", SIZE),
    "global.set": ("initial globals", TIMES),
    "table.init": ("element segments", TIMES),
    ELEMENT_SEGMENT: ("element segments", SIZE),
    "memory.init": ("data segments", TIMES),
}

Line = tuple[str, str]
"""The group and the name of a line of a report."""


class PartSums:
    """Lines of a report while they are added up."""

    def __init__(self, groups: Iterable[str]) -> None:
        self._ranks = {group: rank for rank, group in enumerate(groups)}
        self._sums: dict[Line, tuple[int, int]] = {}

    def add(self, group: str, name: str, count: int, units: int) -> None:
        """Add to one line."""
        old_count, old_units = self._sums.get((group, name), (0, 0))
        self._sums[group, name] = (old_count + count, old_units + units)

    def parts(self) -> tuple[Part, ...]:
        """The lines by group; instructions by class, the rest in order of first use."""
        listed = sorted(
            self._sums.items(),
            key=lambda entry: (
                self._ranks[entry[0][0]],
                CLASS_RANKS.get(entry[0][1], 0),
            ),
        )
        return tuple(
            Part(group, name, count, units)
            for (group, name), (count, units) in listed
            if count or units
        )


class FrameParts:
    """Makes the lines of frames under one schedule.

    `section_lines` are the lines for prices of the schedule's sections, by section and
    key.
    """

    def __init__(
        self,
        interface: HostInterface,
        schedule: GasSchedule,
        section_lines: Mapping[tuple[str, str], Line],
    ) -> None:
        self._interface = interface
        self._schedule = schedule
        self._section_lines = section_lines
        own = dict.fromkeys(
            group
            for entry in interface.functions
            for group in (entry.group, *entry.amounts.values())
            if group not in entry.effects
        )
        self._groups = tuple(dict.fromkeys((*FIRST_GROUPS, *own, *LAST_GROUPS)))

    def lines(self, counted: Quantities, value: FrameValue) -> PartSums:
        """The lines of what a frame counted, and of how it failed."""
        sums = PartSums(self._groups)
        for quantity, count in counted.items():
            if not self._is_of_effect(quantity):
                group, name, is_counted = self._line_of(quantity)
                units = unit_price(quantity, self._schedule) * count
                sums.add(group, name, count if is_counted else 0, units)
        for function in self._interface.functions:
            if function.effects:
                self._add_effects(sums, counted, function)
        if value.forfeited:
            sums.add("failure", "forfeited", 1, value.forfeited)
        if value.unpaid:
            sums.add("failure", "not paid", 1, -value.unpaid)
        return sums

    def _line_of(self, quantity: Quantity) -> tuple[str, str, bool]:
        """Group and name of its line, and whether its count is the line's count."""
        kind, name, detail, _ = quantity
        is_counted = kind in COUNTED
        match kind:
            case QuantityKind.AMOUNT | QuantityKind.AMOUNT_TIMES:
                line = detail, name
            case QuantityKind.LOCAL | QuantityKind.HEADER:
                line = WHOLE_LINES[kind]
            case QuantityKind.CARRIED:
                # Values that cost nothing have no line.
                line = WHOLE_LINES[kind]
                is_counted = unit_price(quantity, self._schedule) > 0
            case QuantityKind.INITIAL:
                label, what = INITIAL_LINES[name]
                line, is_counted = ("memory", label), detail == what
            case QuantityKind.INSTRUCTION | QuantityKind.ITEM:
                line = "instructions", instruction_class(name)
            case QuantityKind.SIZE:
                line = "memory", size_name(name)
            case QuantityKind.SECTION:
                line = self._section_lines[name, detail]
            case _:
                return self._host_line(quantity, self._function(quantity))
        return *line, is_counted

    def _host_line(
        self, quantity: Quantity, function: HostFunction
    ) -> tuple[str, str, bool]:
        kind, name, detail, _ = quantity
        group = function.group
        if (
            kind is QuantityKind.HOST_AMOUNT
            and function.amounts.get(detail, group) != group
        ):
            return function.amounts[detail], f"{name} {detail.replace('_', ' ')}", True
        return group, function.label or name, kind is QuantityKind.HOST_CALL

    def _function(self, quantity: Quantity) -> HostFunction:
        return self._interface.by_key[quantity.module, quantity.name]

    def _is_of_effect(self, quantity: Quantity) -> bool:
        """Whether its line is made from what the host call turned out to do."""
        if not quantity.module or quantity.kind in AMOUNTS:
            return False
        function = self._function(quantity)
        if quantity.kind is QuantityKind.HOST_AMOUNT:
            return function.amounts.get(quantity.detail) in function.effects
        return bool(function.effects) and quantity.kind in (
            QuantityKind.HOST_CALL,
            QuantityKind.EFFECT,
        )

    def _add_effects(
        self, sums: PartSums, counted: Quantities, function: HostFunction
    ) -> None:
        """A line for each effect; a call that stopped before it had one is apart."""
        module, name, group = function.module, function.name, function.group
        call = Quantity(QuantityKind.HOST_CALL, name, module=module)
        unfinished = counted.get(call, 0)
        if not unfinished:
            return
        price = unit_price(call, self._schedule)
        for effect in function.effects:
            count = counted.get(Quantity(QuantityKind.EFFECT, name, effect, module), 0)
            sums.add(group, effect, count, count * price)
            unfinished -= count
        for amount, effect in function.amounts.items():
            due = Quantity(QuantityKind.HOST_AMOUNT, name, amount, module)
            if effect in function.effects and due in counted:
                units = counted[due] * unit_price(due, self._schedule)
                sums.add(group, effect, 0, units)
        sums.add(group, function.label or name, unfinished, unfinished * price)
