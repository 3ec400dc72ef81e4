"""The public interface as text: every name of the faces, with types and defaults.

A change that users would notice is seen here. BLESS=1 writes the file anew.
"""

import dataclasses
import enum
import inspect
import os
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any

import msgspec

from tests.helpers.source_tree import ROOT
from tests.test_faces import FACES

GOLDEN = ROOT / "tests" / "golden" / "public-interface.txt"
# What tells where something is in memory, and paths of the machine.
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def default_text(value: object) -> str:
    """A default, without what differs from run to run."""
    if isinstance(value, enum.Enum):
        return str(value)
    if inspect.isfunction(value) or inspect.isclass(value):
        return value.__name__
    if isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value):
        return type(value).__name__
    if isinstance(value, dict | MappingProxyType):
        return f"{{{', '.join(str(key) for key in value)}}}"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(default_text(each) for each in value))}}}"
    return ADDRESS.sub("", repr(value)).replace(str(ROOT), "ROOT")


def signature_text(function: Any) -> str:
    """The parameters with their defaults; no types, which type checkers see."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return "(...)"
    shown = []
    for parameter in parameters:
        name = str(
            parameter.replace(annotation=parameter.empty, default=parameter.empty)
        )
        has_default = parameter.default is not parameter.empty
        shown.append(
            f"{name}={default_text(parameter.default)}" if has_default else name
        )
    return f"({', '.join(shown)})"


def fields_of(kind: type) -> Iterator[tuple[str, str]]:
    """Fields of a value with their defaults."""
    if issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            default = field.default
            if field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory
            has_default = default is not msgspec.NODEFAULT
            yield field.name, f" = {default_text(default)}" if has_default else ""
    elif dataclasses.is_dataclass(kind):
        for own in dataclasses.fields(kind):
            default = own.default
            if own.default_factory is not dataclasses.MISSING:
                default = own.default_factory
            has_default = default is not dataclasses.MISSING
            yield own.name, f" = {default_text(default)}" if has_default else ""


def is_ours(kind: type) -> bool:
    """Whether a class is this project's."""
    return kind.__module__.split(".")[0] in {face.split(".")[0] for face in FACES}


def constructor_text(kind: type) -> str:
    """The parameters of a class that has a constructor of its own."""
    owner = next(base for base in kind.__mro__ if "__init__" in vars(base))
    return signature_text(kind) if is_ours(owner) else ""


def members_of(kind: type) -> Iterator[str]:
    """The public members of a class that the project defines."""
    if issubclass(kind, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in kind)
        return
    fields = dict(fields_of(kind))
    yield from (f"{name}{default}" for name, default in sorted(fields.items()))
    for name in sorted(dir(kind)):
        if name.startswith("_") or name in fields:
            continue
        member = inspect.getattr_static(kind, name)
        owner = next(base for base in kind.__mro__ if name in vars(base))
        if not is_ours(owner):
            continue
        if isinstance(member, classmethod | staticmethod):
            yield f"{name}{signature_text(getattr(kind, name))}"
        elif inspect.isroutine(member) and not isinstance(member, cached_property):
            yield f"{name}{signature_text(member)}"
        else:
            yield name


def interface() -> Iterator[str]:
    """The lines of the file."""
    for face in FACES:
        module = import_module(face)
        for name in sorted(module.__all__):
            value = getattr(module, name)
            if inspect.isclass(value):
                yield f"{face}.{name}{constructor_text(value)}"
                yield from (f"    {line}" for line in members_of(value))
            elif inspect.isroutine(value):
                yield f"{face}.{name}{signature_text(value)}"
            else:
                yield f"{face}.{name} = {default_text(value)}"


def test_the_public_interface_is_as_it_was() -> None:
    now = "\n".join(interface()) + "\n"
    if os.environ.get("BLESS") == "1":
        GOLDEN.write_text(now, encoding="utf-8")
    assert now.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_defaults_are_seen() -> None:
    class Values(msgspec.Struct):
        one: int
        two: int = 2
        three: list[int] = msgspec.field(default_factory=list)

    def function(
        given: int, /, other: str = "a", *rest: int, only: bool = False
    ) -> None:
        raise NotImplementedError

    assert dict(fields_of(Values)) == {"one": "", "two": " = 2", "three": " = list"}
    assert signature_text(function) == "(given, other='a', *rest, only=False)"
