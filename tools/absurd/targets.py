"""A search for everything that Python can call in the compiled modules."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.helpers.source_tree import ROOT

PACKAGES = ("contractvm", "gas_schedule", "chain_sim", "contract_fuzz")
# What every object has, and what copies and pickles it.
OF_EVERY_OBJECT = (
    *("__init__", "__repr__", "__hash__", "__eq__", "__lt__", "__sizeof__", "__dir__"),
    *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__format__"),
    *("__setattr__", "__delattr__", "__getattribute__"),
)


@dataclass(frozen=True, eq=False)
class Target:
    """A function, a class, or a member of a class; `name` is where it stands."""

    name: str
    called: Any
    owner: type | None = None
    member: str = ""


def compiled_names() -> list[str]:
    """The dotted names of all compiled modules, by their sources."""
    sources = (path for name in PACKAGES for path in (ROOT / name).rglob("*.pyx"))
    return sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources
    )


def targets_in(module: ModuleType) -> list[Target]:
    """The functions and classes that a module defines, and the members of these."""
    found = []
    for name, value in vars(module).items():
        if not callable(value) or getattr(value, "__module__", "") != module.__name__:
            continue
        full = f"{module.__name__}.{name}"
        found.append(Target(full, value))
        if isinstance(value, type):
            members = dict.fromkeys([*vars(value), *OF_EVERY_OBJECT])
            found += [
                Target(f"{full}.{member}", getattr(value, member, None), value, member)
                for member in members
            ]
    return found


def all_targets() -> list[Target]:
    """Those of every compiled module."""
    return [
        target
        for name in compiled_names()
        for target in targets_in(import_module(name))
    ]
