"""The differences of two schedules: each number by its place in the file."""

from dataclasses import dataclass
from typing import Literal

from gas_schedule.schedule import GasSchedule

RATIO_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """One number; None if a schedule does not have it."""

    section: str
    key: str
    old: int | None
    new: int | None

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """How it changed from the old schedule to the new."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def ratio(self) -> str | None:
        """New divided by old, cut to three decimals; None if undefined."""
        if not self.old or self.new is None:
            return None
        scaled = self.new * 10**RATIO_DECIMALS // self.old
        whole, rest = divmod(scaled, 10**RATIO_DECIMALS)
        return f"{whole}.{rest:0{RATIO_DECIMALS}}"


def differences(old: GasSchedule, new: GasSchedule) -> tuple[PriceDifference, ...]:
    """By section, in the old schedule's order, then what only the new one has."""
    before, after = _by_section(old), _by_section(new)
    return tuple(
        PriceDifference(section, key, prices.get(key), later.get(key))
        for section in before | after
        for prices in (before.get(section, {}),)
        for later in (after.get(section, {}),)
        for key in prices | later
        if prices.get(key) != later.get(key)
    )


def _by_section(schedule: GasSchedule) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for section, key, number in schedule.numbers():
        found.setdefault(section, {})[key] = number
    return found
