"""Releases: which schedule and which rules cosmwasm-vm, wasmvm and wasmd have.

A name is that of a project and a version: cosmwasm-3.0.9, wasmvm-2.2.8, wasmd-0.70.3.
"""

import re
from dataclasses import dataclass

from contractvm.errors import ContractVmError

Version = tuple[int, int, int]

# The first version of each group in a line of releases, and its schedule: a group ends
# before the next one of its line.
GROUPS: tuple[tuple[Version, str], ...] = (
    ((1, 0, 0), "cosmwasm-1.0.0"),
    ((1, 5, 6), "cosmwasm-1.5.6"),
    ((1, 5, 8), "cosmwasm-1.5.8"),
    ((1, 5, 10), "cosmwasm-1.5.10"),
    ((1, 5, 11), "cosmwasm-1.5.11"),
    ((2, 0, 0), "cosmwasm-2.0.0"),
    ((2, 0, 5), "cosmwasm-2.0.5"),
    ((2, 0, 7), "cosmwasm-2.0.7"),
    ((2, 0, 9), "cosmwasm-2.0.9"),
    ((2, 1, 0), "cosmwasm-2.1.0"),
    ((2, 1, 2), "cosmwasm-2.1.2"),
    ((2, 1, 4), "cosmwasm-2.1.4"),
    ((2, 1, 6), "cosmwasm-2.1.6"),
    ((2, 1, 7), "cosmwasm-2.1.7"),
    ((2, 2, 0), "cosmwasm-2.1.4"),
    ((2, 2, 1), "cosmwasm-2.1.6"),
    ((2, 2, 2), "cosmwasm-2.1.7"),
    ((2, 2, 9), "cosmwasm-2.2.9"),
    ((2, 3, 0), "cosmwasm-2.1.7"),
    ((2, 3, 4), "cosmwasm-2.2.9"),
    ((3, 0, 0), "cosmwasm-3.0.0"),
    ((3, 0, 9), "cosmwasm-3.0.9"),
)
# The newest release of each line that has been read; a later one may differ.
NEWEST: dict[tuple[int, int], int] = {
    **{(1, minor): 99 for minor in range(5)},
    (1, 5): 11,
    (2, 0): 9,
    (2, 1): 7,
    (2, 2): 9,
    (2, 3): 4,
    (3, 0): 9,
}
# The versions of cosmwasm-vm in those of wasmvm that have another number.
VM_OF_WASMVM: dict[Version, Version] = {
    (1, 1, 1): (1, 1, 2),
    (1, 1, 2): (1, 1, 10),
    (1, 2, 1): (1, 2, 2),
    (1, 2, 4): (1, 2, 6),
    (1, 2, 5): (1, 2, 8),
    (1, 2, 6): (1, 2, 8),
    (1, 3, 1): (1, 3, 4),
    (1, 5, 3): (1, 5, 6),
    (1, 5, 4): (1, 5, 7),
    (1, 5, 5): (1, 5, 8),
    (1, 5, 6): (1, 5, 9),
    (1, 5, 7): (1, 5, 9),
    (1, 5, 8): (1, 5, 10),
    (1, 5, 9): (1, 5, 11),
    (2, 0, 2): (2, 0, 5),
    (2, 0, 3): (2, 0, 6),
    (2, 0, 4): (2, 0, 7),
    (2, 0, 5): (2, 0, 8),
    (2, 0, 6): (2, 0, 9),
    (2, 1, 1): (2, 1, 2),
    (2, 1, 2): (2, 1, 3),
    (2, 1, 3): (2, 1, 4),
    (2, 1, 4): (2, 1, 5),
    (2, 1, 5): (2, 1, 6),
    (2, 1, 6): (2, 1, 7),
    (2, 2, 1): (2, 2, 0),
    (2, 2, 2): (2, 2, 1),
    (2, 2, 3): (2, 2, 2),
    (2, 2, 4): (2, 2, 2),
    (2, 2, 5): (2, 2, 3),
    (2, 2, 6): (2, 2, 7),
    (2, 2, 8): (2, 2, 9),
    (3, 0, 3): (3, 0, 4),
    (3, 0, 7): (3, 0, 9),
}
WASMVM_OF_WASMD: dict[Version, Version] = {
    (0, 28, 0): (1, 0, 0),
    (0, 33, 0): (1, 3, 0),
    (0, 41, 0): (1, 3, 0),
    (0, 45, 0): (1, 5, 0),
    (0, 50, 0): (1, 5, 0),
    (0, 51, 0): (2, 0, 0),
    (0, 52, 0): (2, 1, 0),
    (0, 53, 0): (2, 1, 2),
    (0, 54, 0): (2, 2, 1),
    (0, 54, 9): (2, 2, 8),
    (0, 55, 1): (2, 2, 4),
    (0, 60, 8): (2, 3, 4),
    (0, 61, 14): (3, 0, 7),
    (0, 70, 3): (3, 0, 7),
}
NAME = re.compile(
    r"(cosmwasm|wasmvm|wasmd)-v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII
)
DEFAULT_RELEASE = "wasmd-0.70.3"


class UnknownRelease(ContractVmError):
    """No rules are known of this release."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"no release {name!r}: write cosmwasm-3.0.9, wasmvm-2.2.8 or wasmd-0.70.3,"
            f" for example; of wasmd there are"
            f" {', '.join(version_text(known) for known in WASMVM_OF_WASMD)}"
        )
        self.name = name


@dataclass(frozen=True, slots=True)
class Release:
    """A release by name; `vm` is its version of cosmwasm-vm.

    `wasmvm` and `wasmd` are None where the name is of a lower layer.
    """

    name: str
    vm: Version
    schedule: str
    wasmvm: Version | None = None
    wasmd: Version | None = None

    @property
    def has_reference_types(self) -> bool:
        """Whether modules may use what reference types add to the format."""
        return self.vm >= (3, 0, 0)

    @property
    def limits_locals(self) -> bool:
        """Whether the locals of a func are limited."""
        line = self.vm[:2]
        return self.schedule in ("cosmwasm-2.2.9", "cosmwasm-3.0.9") or line > (3, 0)


def version_text(version: Version) -> str:
    """A version with dots."""
    return ".".join(map(str, version))


def find_release(name: str) -> Release:
    """The release of that name; raises UnknownRelease."""
    found = NAME.fullmatch(name)
    if found is None:
        raise UnknownRelease(name)
    project = found[1]
    version = (int(found[2]), int(found[3]), int(found[4]))
    if project == "cosmwasm":
        return _release(name, version)
    if project == "wasmvm":
        return _release(name, VM_OF_WASMVM.get(version, version), version)
    wasmvm = WASMVM_OF_WASMD.get(version)
    if wasmvm is None:
        raise UnknownRelease(name)
    return _release(name, VM_OF_WASMVM.get(wasmvm, wasmvm), wasmvm, version)


def _release(
    name: str,
    vm: Version,
    wasmvm: Version | None = None,
    wasmd: Version | None = None,
) -> Release:
    if vm[2] > NEWEST.get((vm[0], vm[1]), -1):
        raise UnknownRelease(name)
    schedule = [group for first, group in GROUPS if first <= vm][-1]
    return Release(name, vm, schedule, wasmvm, wasmd)
