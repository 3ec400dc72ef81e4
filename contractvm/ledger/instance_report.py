"""The gas of one instance whose host functions charge amounts: every unit explained."""

from dataclasses import dataclass

from contractvm.ledger.report import FunctionCost, KeyCost, LineCost, Part, Stack


@dataclass(frozen=True, slots=True)
class HostCost:
    """A host function: `internal_units` are the contract's, the others the chain's."""

    name: str
    calls: int
    internal_units: int
    external_units: int


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """What an instance used, in units of its schedule.

    `external_units` of `used_units` are those of the chain's own work. `parts` add up
    to `used_units`; a negative one is what the last charge lacked.
    """

    limit_units: int
    used_units: int
    external_units: int
    parts: tuple[Part, ...]
    functions: tuple[FunctionCost, ...]
    lines: tuple[LineCost, ...]
    stacks: tuple[Stack, ...]
    host: tuple[HostCost, ...]
    keys: tuple[KeyCost, ...]
    has_lines: bool = False
    debug_fault: str | None = None

    @property
    def remainder(self) -> int:
        """Units that no part explains; 0, or there is a bug."""
        return self.used_units - sum(part.units for part in self.parts)
