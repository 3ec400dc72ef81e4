"""What two schedules price differently: each number by its place in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gas_schedule.schedule import GasSchedule

Section = Literal["schedule", "instructions", "host", "transaction", "precompiles"]
SECTIONS: tuple[Section, ...] = (
    "schedule",
    "instructions",
    "host",
    "transaction",
    "precompiles",
)
RATIO_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One number: None where a schedule does not have it."""

    section: Section
    key: str
    old: int | None
    new: int | None

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """What happened to it on the way from the old schedule to the new."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def ratio(self) -> str | None:
        """New by old, cut to three decimals; None where there is no such number."""
        if not self.old or self.new is None:
            return None
        scaled = self.new * 10**RATIO_DECIMALS // self.old
        whole, rest = divmod(scaled, 10**RATIO_DECIMALS)
        return f"{whole}.{rest:0{RATIO_DECIMALS}}"


def differences(old: GasSchedule, new: GasSchedule) -> tuple[Difference, ...]:
    """By section, in the old schedule's order, then what only the new one has."""
    before, after = _numbers(old), _numbers(new)
    return tuple(
        Difference(section, key, before[section].get(key), after[section].get(key))
        for section in SECTIONS
        for key in before[section] | after[section]
        if before[section].get(key) != after[section].get(key)
    )


def _numbers(schedule: GasSchedule) -> Mapping[Section, dict[str, int]]:
    return {
        "schedule": {
            "units_per_gas": schedule.units_per_gas,
            "memory_page": schedule.memory_page,
            "local": schedule.local,
        },
        "instructions": dict(_instruction_numbers(schedule)),
        "host": dict(_host_numbers(schedule)),
        "transaction": dict(schedule.transaction),
        "precompiles": dict(schedule.precompiles),
    }


def _instruction_numbers(schedule: GasSchedule) -> Iterator[tuple[str, int]]:
    for name, cost in schedule.instructions.items():
        yield name, cost.base
        if cost.per_byte:
            yield f"{name} per_byte", cost.per_byte
        if cost.per_element:
            yield f"{name} per_element", cost.per_element


def _host_numbers(schedule: GasSchedule) -> Iterator[tuple[str, int]]:
    for name, cost in schedule.host.items():
        yield name, cost.base
        rates = {"per_byte": cost.per_byte, "per_word": cost.per_word}
        for key, gas in (rates | dict(cost.amounts)).items():
            if gas:
                yield f"{name} {key}", gas
