"""A gas schedule: one version of all costs, as an immutable value."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, TypeVar

from gas_schedule.file_format import METERING_KEYS, OPTIONAL_METERING_KEYS
from gas_schedule.schedule_file import ScheduleFile, ScheduleTable

WORD_BYTES = 32
INSTRUCTION_RATES = ("per_byte", "per_element", "per_entry", "per_param")


@dataclass(frozen=True, slots=True)
class InstructionCost:
    """Units for executing an instruction once, and for each byte or element it names.

    `memory.grow` has its size-dependent part in `GasSchedule.memory_page`. A `br_table`
    also costs `per_entry` for each label but the default, a `call_indirect` `per_param`
    for each parameter of its type.
    """

    base: int
    per_byte: int = 0
    per_element: int = 0
    per_entry: int = 0
    per_param: int = 0


@dataclass(frozen=True, slots=True)
class HostCost:
    """Gas for one call of a host function.

    `amounts` are due under conditions that only the host can see, by the names that the
    host interface declares.
    """

    base: int
    per_byte: int = 0
    per_word: int = 0
    amounts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def for_bytes(self, byte_count: int) -> int:
        """Gas for a call on that many bytes; words of 32 bytes round up."""
        words = (byte_count + WORD_BYTES - 1) // WORD_BYTES
        return self.base + self.per_byte * byte_count + self.per_word * words


Section = TypeVar("Section")
DIVISOR = "_divisor"


@dataclass(frozen=True, slots=True)
class GasSchedule:
    """All costs: instructions in units, everything else in gas.

    `interface` names the host interface that owns the file and requires its `sections`.
    `host_costs` has a table for each import module, with the costs of its functions by
    name. An instruction that is absent from `instructions` is forbidden. `memory_page`
    is the units for each page that memory grows by, `local` those for each declared
    local of a func, due on every call of it. `carried_value` is for each value that a
    branch, a return, an `else`, an `end`, the opening of a block or a call carries to
    where control goes, `element_segment` for each element segment of an instance that
    is made. `canonical_floats` is 1 where modules may use floats, with
    canonical NaNs, under any profile. `content_hash` is the SHA-256 of the file.
    """

    name: str
    description: str
    interface: str
    units_per_gas: int
    memory_page: int
    local: int
    carried_value: int
    element_segment: int
    canonical_floats: int
    instructions: Mapping[str, InstructionCost]
    host_costs: Mapping[str, Mapping[str, HostCost]]
    sections: Mapping[str, ScheduleTable]
    content_hash: bytes
    file: ScheduleFile = field(repr=False, compare=False)
    _typed: dict[type, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def section(self, kind: type[Section]) -> Section:
        """The section that a dataclass of integers declares: `kind.SECTION` names it.

        A field without a default is required; those that end in `_divisor` are at least
        1. Raises ScheduleError with the line, also for keys that the class does not
        have.
        """
        found = self._typed.get(kind)
        if found is None:
            found = self._typed[kind] = self._read(kind)
        typed: Section = found
        return typed

    def _read(self, kind: Any) -> Any:
        place = self.sections.get(kind.SECTION)
        if place is None:
            raise self.file.root({}).error("missing", kind.SECTION)
        entries = fields(kind)
        place.refuse_unknown_keys([entry.name for entry in entries])
        return kind(
            **{
                key: place.number(key, minimum=1 if key.endswith(DIVISOR) else 0)
                for key in (
                    entry.name
                    for entry in entries
                    if entry.default is MISSING or entry.name in place.values
                )
            }
        )

    def host_cost(self, module: str, name: str) -> HostCost | None:
        """The cost of a host function; None if it has none and cannot be called."""
        return self.host_costs.get(module, {}).get(name)

    def host_place(self, module: str, name: str) -> ScheduleTable:
        """The place of a host function's cost in the file, for errors."""
        keys = (module, name) if "format" in self.file.text else (name,)
        return ScheduleTable(self.file, ("host", *keys), {})

    def numbers(self) -> Iterator[tuple[str, str, int]]:
        """Every number as (section, key, number), in the order of the file.

        Rates and amounts that are zero are left out.
        """
        for key in ("units_per_gas", *METERING_KEYS):
            yield "schedule", key, getattr(self, key)
        for key in OPTIONAL_METERING_KEYS:
            if getattr(self, key):
                yield "schedule", key, getattr(self, key)
        for name, cost in self.instructions.items():
            rates = {key: getattr(cost, key) for key in INSTRUCTION_RATES}
            yield from _priced("instructions", name, cost.base, rates)
        for costs in self.host_costs.values():
            for name, host in costs.items():
                rates = {"per_byte": host.per_byte, "per_word": host.per_word}
                yield from _priced("host", name, host.base, {**rates, **host.amounts})
        for section, place in self.sections.items():
            for key in place.keys:
                yield section, key, place.number(key)

    @property
    def free_jumps(self) -> tuple[str, ...]:
        """The free instructions that could repeat for ever.

        A loop repeats by a branch, a recursion by a call. If this is empty, no endless
        execution is free, whatever else costs nothing.
        """
        return tuple(
            [
                mnemonic
                for mnemonic in ("br", "br_if", "br_table", "call", "call_indirect")
                if mnemonic in self.instructions
                and self.instructions[mnemonic].base == 0
            ]
        )

    def units_from_gas(self, gas: int) -> int:
        """Convert whole gas to units; exact."""
        return gas * self.units_per_gas

    def gas_from_units(self, units: int) -> int:
        """Convert used units to gas, rounded up, so that no work is free."""
        return -(-units // self.units_per_gas)


def _priced(
    section: str, name: str, base: int, rates: Mapping[str, int]
) -> Iterator[tuple[str, str, int]]:
    yield section, name, base
    for key, rate in rates.items():
        if rate:
            yield section, f"{name} {key}", rate
