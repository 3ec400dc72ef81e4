"""The registry of host interfaces: this package's, and other distributions'.

A folder of `contractvm/hosts` with a file `host_interface.py` is one. Another
distribution adds its own by an entry point, whose name is the interface's:

    [project.entry-points."contractvm.hosts"]
    greeter = "greeter_host:GREETER"
"""

import os
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from contractvm.errors import ContractVmError
from contractvm.hosts.interface import HostInterface
from gas_schedule.arguments import as_text
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

    from contractvm.wasm.structure.module import Module

GROUP = "contractvm.hosts"
FILE = "host_interface"
HERE = Path(__file__).parent


class UnknownHostInterface(ContractVmError):
    """No host interface has this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no host interface {name!r}: there are {', '.join(known)}")
        self.name = name
        self.known = known


def host_names() -> tuple[str, ...]:
    """The names of all installed host interfaces, sorted."""
    return tuple(sorted({*_own_names(), *entry_points(group=GROUP).names}))


@cache
def find_host(name: str) -> HostInterface:
    """The host interface of that name; raises UnknownHostInterface.

    Those of this package come first: no other distribution can replace them.
    """
    if as_text(name, "name", "a host interface's name") in _own_names():
        module = import_module(f"{__package__}.{name}.{FILE}")
        found: HostInterface = module.INTERFACE
        return found
    for entry in entry_points(group=GROUP, name=name):
        loaded = entry.load()
        if isinstance(loaded, HostInterface) and loaded.name == name:
            return loaded
    raise UnknownHostInterface(name, host_names())


def message_hosts() -> tuple[str, ...]:
    """The names of host interfaces whose contracts take messages of accounts."""
    return tuple(name for name in host_names() if find_host(name).takes_messages)


def contract_hosts() -> tuple[str, ...]:
    """The names of host interfaces whose code is contracts, of any chain."""
    return tuple(name for name in host_names() if find_host(name).has_contracts)


def host_of_module(module: "Module", names: Iterable[str]) -> str | None:
    """The first of these host interfaces from which the module imports, if any."""
    imported = {entry.module for entry in module.imports}
    for name in names:
        offered = {module for module, _ in find_host(name).by_key}
        if imported & offered:
            return name
    return None


def load_checked(name_or_path: str | os.PathLike[str]) -> GasSchedule:
    """A schedule by name or path, checked to be complete for its host interface.

    Raises UnknownSchedule, ScheduleError or UnknownHostInterface.
    """
    schedule = load_schedule(name_or_path)
    find_host(schedule.interface).check_schedule(schedule)
    return schedule


def entry_points(*, group: str, name: str | None = None) -> "EntryPoints":
    """See importlib.metadata, which few runs need and which takes long to import."""
    from importlib import metadata  # noqa: PLC0415 (see above)

    found = metadata.entry_points(group=group)
    return found if name is None else found.select(name=name)


@cache
def _own_names() -> tuple[str, ...]:
    return tuple(path.parent.name for path in sorted(HERE.glob(f"*/{FILE}.py")))
