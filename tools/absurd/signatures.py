"""The types of arguments from the stubs, so that most of them can be right."""

import ast
from array import array
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from tests.helpers.source_tree import ROOT
from tools.absurd.values import BYTES

Parameters = list[tuple[str, ast.expr | None]]
SMALL = (0, 0, 1, 1, 2, 3, 5, 8, 64, 200, 2**31, 2**32 - 1)
HASHES = ("Hash32", "bytes")


@cache
def signatures() -> dict[str, tuple[Parameters, Parameters]]:
    """By a target's name, the positional parameters and those given by name."""
    found = {}
    packages = ("contractvm", "gas_schedule", "chain_sim", "contract_fuzz")
    for package in packages:
        for path in (ROOT / package).rglob("*.pyi"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for statement in ast.parse(path.read_text()).body:
                found.update(_signatures_of(statement, module))
    return found


def _signatures_of(
    statement: ast.stmt, place: str
) -> dict[str, tuple[Parameters, Parameters]]:
    if isinstance(statement, ast.ClassDef):
        name = f"{place}.{statement.name}"
        found = {}
        for member in statement.body:
            found.update(_signatures_of(member, name))
        if f"{name}.__init__" in found:
            found[name] = found[f"{name}.__init__"]
        return found
    if not isinstance(statement, ast.FunctionDef):
        return {}
    arguments = statement.args
    positional = [(given.arg, given.annotation) for given in arguments.args]
    named = [(given.arg, given.annotation) for given in arguments.kwonlyargs]
    if arguments.vararg is not None:
        positional.append(("", arguments.vararg.annotation))
    positional = [entry for entry in positional if entry[0] != "self"]
    return {f"{place}.{statement.name}": (positional, named)}


class Guesser:
    """Makes values that fit annotations, out of objects that there are."""

    def __init__(self, random: Random, objects: list[Any]) -> None:
        self._random = random
        self._objects = objects

    def value(self, annotation: ast.expr | None) -> Any:
        """A value of a type, as far as one is found; else any object."""
        match annotation:
            case ast.BinOp(left=left, right=right):
                return self.value(self._random.choice((left, right)))
            case ast.Constant(value=value):
                return value
            case ast.Subscript(value=ast.Name(id=name), slice=inner):
                return self._container(name, inner)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._instance(name)
        return self._random.choice(self._objects)

    def _instance(self, name: str) -> Any:
        random = self._random
        if name == "int":
            return random.choice(SMALL)
        if name == "bool":
            return random.random() < 0.5
        if name in ("bytearray", "Buffer"):
            return bytearray(random.choice((64, 278, 8_192, 16_384)))
        fitting = [
            item
            for item in self._objects
            if name in [kind.__name__ for kind in type(item).__mro__]
            or (name in HASHES and type(item) is bytes)
        ]
        if name in HASHES and random.random() < 0.5:
            return random.choice(BYTES)
        return random.choice(fitting or self._objects)

    def _container(self, name: str, inner: ast.expr) -> Any:
        if name == "Callable":
            return self._callable(inner)
        if name == "array":
            return array("q", range(274))
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name == "dict":
            return {self.value(items[0]): self.value(items[1]) for _ in range(3)}
        fitting = [
            item
            for item in self._objects
            if type(item).__name__ == name and self._holds(item, items[0])
        ]
        if fitting and self._random.random() < 0.8:
            return self._random.choice(fitting)
        is_endless = name != "tuple" or len(items) == 1 or self._ends(items)
        count = self._random.randrange(4)
        made = [
            self.value(item) for item in ([items[0]] * count if is_endless else items)
        ]
        return tuple(made) if name in ("tuple", "Sequence") else made

    @staticmethod
    def _ends(items: list[ast.expr]) -> bool:
        return isinstance(items[-1], ast.Constant) and items[-1].value is Ellipsis

    @staticmethod
    def _holds(container: Any, item: ast.expr) -> bool:
        wanted = item.id if isinstance(item, ast.Name) else ""
        return bool(container) and wanted == type(container[0]).__name__

    def _callable(self, inner: ast.expr) -> Callable[..., Any]:
        given = [item for item in self._objects if callable(item)]
        if given and self._random.random() < 0.7:
            return self._random.choice(given)
        result = inner.elts[-1] if isinstance(inner, ast.Tuple) else None
        return lambda *_: self.value(result)
