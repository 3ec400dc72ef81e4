"""Types of values with parts: arrays, structs, enums, and alternatives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from chain_sim.cosmos.schema.errors import InvalidSchema, SchemaMismatch
from chain_sim.cosmos.schema.records import python_name, record
from chain_sim.cosmos.schema.scalars import Type
from chain_sim.cosmos.schema.walk import MAX_DEPTH, Walk


class Reference:
    """A type that is defined elsewhere, perhaps by itself; `target` is set later."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.target: Type

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.enter(path)
        found = self.target.encode(value, walk, path)
        walk.leave()
        return found

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.enter(path)
        found = self.target.decode(value, walk, path)
        walk.leave()
        return found


def resolved(kind: Type) -> Type:
    """The type that a reference stands for; raises InvalidSchema for a circle."""
    for _ in range(MAX_DEPTH):
        if not isinstance(kind, Reference):
            return kind
        kind = kind.target
    raise InvalidSchema(f"{kind.shown}: more than {MAX_DEPTH} references to references")


@dataclass(frozen=True, slots=True)
class Optional:
    """A value, or nothing."""

    inner: Type

    @property
    def shown(self) -> str:
        """See Type."""
        return f"{self.inner.shown} or null"

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.step(path)
        return None if value is None else self.inner.encode(value, walk, path)

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.step(path)
        return None if value is None else self.inner.decode(value, walk, path)


@dataclass(frozen=True, slots=True)
class Array:
    """Values of one type, between `least` and `most` of them; a tuple in Python."""

    item: Type
    least: int = 0
    most: int | None = None

    @property
    def shown(self) -> str:
        """See Type."""
        return f"array of {self.item.shown}"

    def encode(self, value: Any, walk: Walk, path: str) -> list[Any]:
        """See Type."""
        return [
            self.item.encode(item, walk, f"{path}[{place}]")
            for place, item in enumerate(self._items(value, walk, path))
        ]

    def decode(self, value: Any, walk: Walk, path: str) -> tuple[Any, ...]:
        """See Type."""
        return tuple(
            self.item.decode(item, walk, f"{path}[{place}]")
            for place, item in enumerate(self._items(value, walk, path))
        )

    def _items(self, value: Any, walk: Walk, path: str) -> list[Any] | tuple[Any, ...]:
        walk.step(path)
        if not isinstance(value, list | tuple):
            raise walk.unfit(path, value, self.shown)
        if len(value) < self.least:
            raise walk.fault(path, f"{len(value)} values, at least {self.least}")
        if self.most is not None and len(value) > self.most:
            raise walk.fault(path, f"{len(value)} values, at most {self.most}")
        return value


@dataclass(frozen=True, slots=True)
class FixedTuple:
    """A value of each of these types, in order."""

    items: tuple[Type, ...]

    @property
    def shown(self) -> str:
        """See Type."""
        return f"[{', '.join(item.shown for item in self.items)}]"

    def encode(self, value: Any, walk: Walk, path: str) -> list[Any]:
        """See Type."""
        given = self._items(value, walk, path)
        return [
            item.encode(part, walk, f"{path}[{place}]")
            for place, (item, part) in enumerate(zip(self.items, given, strict=True))
        ]

    def decode(self, value: Any, walk: Walk, path: str) -> tuple[Any, ...]:
        """See Type."""
        given = self._items(value, walk, path)
        return tuple(
            item.decode(part, walk, f"{path}[{place}]")
            for place, (item, part) in enumerate(zip(self.items, given, strict=True))
        )

    def _items(self, value: Any, walk: Walk, path: str) -> list[Any] | tuple[Any, ...]:
        walk.step(path)
        if not isinstance(value, list | tuple):
            raise walk.unfit(path, value, self.shown)
        if len(value) != len(self.items):
            raise walk.fault(path, f"{len(value)} values, not {len(self.items)}")
        return value


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Values of one type by any text; a dict in Python."""

    item: Type

    @property
    def shown(self) -> str:
        """See Type."""
        return f"{self.item.shown} by text"

    def encode(self, value: Any, walk: Walk, path: str) -> dict[str, Any]:
        """See Type."""
        return self._each(self.item.encode, value, walk, path)

    def decode(self, value: Any, walk: Walk, path: str) -> dict[str, Any]:
        """See Type."""
        return self._each(self.item.decode, value, walk, path)

    def _each(
        self, convert: Callable[..., Any], value: Any, walk: Walk, path: str
    ) -> dict[str, Any]:
        walk.step(path)
        if not isinstance(value, dict):
            raise walk.unfit(path, value, self.shown)
        for key in value:
            if not isinstance(key, str):
                raise walk.unfit(path, key, "text")
        return {
            key: convert(item, walk, f"{path}.{key}") for key, item in value.items()
        }


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a struct; one that is not required may be left out."""

    name: str
    type: Type
    is_required: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class Struct:
    """Named values; an `is_open` struct of an answer may have others beside them.

    Python has them as a named tuple, and takes mappings, named tuples and dataclasses.
    """

    shown: str
    fields: tuple[Field, ...]
    is_open: bool = False

    def encode(self, value: Any, walk: Walk, path: str) -> dict[str, Any]:
        """See Type."""
        given = _by_name(value)
        if given is None:
            raise walk.unfit(path, value, self.shown)
        spelled = {python_name(field.name): field.name for field in self.fields}
        spelled |= {field.name: field.name for field in self.fields}
        given = {spelled.get(name, name): part for name, part in given.items()}
        self._check_names(given, walk, path)
        return {
            field.name: field.type.encode(
                given[field.name], walk, f"{path}.{field.name}"
            )
            for field in self.fields
            # Nothing is how Python writes what is left out.
            if field.is_required or given.get(field.name) is not None
        }

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        if not isinstance(value, dict):
            raise walk.unfit(path, value, self.shown)
        given = value
        if self.is_open:
            names = {field.name for field in self.fields}
            given = {name: part for name, part in value.items() if name in names}
        self._check_names(given, walk, path)
        return record(
            self.shown,
            [field.name for field in self.fields],
            [
                field.type.decode(given[field.name], walk, f"{path}.{field.name}")
                if field.name in given
                else None
                for field in self.fields
            ],
        )

    def _check_names(self, given: Mapping[str, Any], walk: Walk, path: str) -> None:
        walk.step(path)
        known = {field.name for field in self.fields}
        for name in given:
            if name not in known:
                told = nearest_text(str(name), known)
                raise walk.fault(
                    f"{path}.{name}", f"{self.shown} has no such field{told}"
                )
        for field in self.fields:
            if field.is_required and field.name not in given:
                raise walk.fault(
                    f"{path}.{field.name}", f"missing, a {field.type.shown}"
                )


@dataclass(frozen=True, slots=True)
class Variant:
    """One case of an enum; without `content` it is its name alone."""

    name: str
    content: Type | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Enum:
    """One of several cases, each with its name.

    In Python too it is the name as text, or a mapping of the name to what it holds.
    """

    shown: str
    variants: tuple[Variant, ...]

    def variant(self, name: str) -> Variant | None:
        """The case of this name."""
        for each in self.variants:
            if each.name == name:
                return each
        return None

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        # A case without fields may be its name alone here, whichever JSON it has.
        found, content = self._split(value, walk, path)
        if found.content is None:
            return self._unit(found, value, walk, path)
        return {found.name: found.content.encode(content, walk, f"{path}.{found.name}")}

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        found, content = self._split(value, walk, path)
        if found.content is None:
            return self._unit(found, value, walk, path)
        if isinstance(value, str):
            raise walk.unfit(path, value, found.content.shown)
        return {found.name: found.content.decode(content, walk, f"{path}.{found.name}")}

    def _split(self, value: Any, walk: Walk, path: str) -> tuple[Variant, Any]:
        """The case that a value is of, and what it holds."""
        walk.step(path)
        content: Any = {}
        if isinstance(value, str):
            name = value
        elif isinstance(value, dict) and len(value) == 1:
            ((name, content),) = value.items()
        else:
            raise walk.unfit(path, value, f"{self.shown}: {self._choices()}")
        found = self.variant(name)
        if found is None:
            told = nearest_text(str(name), [each.name for each in self.variants])
            raise walk.fault(
                f"{path}.{name}", f"{self.shown} has no such variant{told}"
            )
        return found, content

    def _unit(self, found: Variant, value: Any, walk: Walk, path: str) -> str:
        if not isinstance(value, str):
            raise walk.fault(f"{path}.{found.name}", "it holds nothing: write its name")
        return found.name

    def _choices(self) -> str:
        return " or ".join(each.name for each in self.variants[:8]) or "there is none"


@dataclass(frozen=True, slots=True)
class Union:
    """A value of any of these types, which JSON does not tell apart."""

    options: tuple[Type, ...]

    @property
    def shown(self) -> str:
        """See Type."""
        return " or ".join(option.shown for option in self.options) or "no value"

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type; refuses what fits several types in different ways."""
        found = self._fitting(lambda each: each.encode, value, walk, path)
        if any(other != found[0] for other in found):
            raise walk.fault(path, f"which of {self.shown} is meant is not clear")
        return found[0]

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type; the first that fits, as contracts read it."""
        return self._fitting(lambda each: each.decode, value, walk, path)[0]

    def _fitting(
        self,
        way: Callable[[Type], Callable[..., Any]],
        value: Any,
        walk: Walk,
        path: str,
    ) -> list[Any]:
        walk.step(path)
        found, depth = [], walk.depth
        faults = []
        for option in self.options:
            try:
                found.append(way(option)(value, walk, path))
            except SchemaMismatch as error:
                # Too many values are too many for all of them.
                walk.step(path)
                walk.depth = depth
                faults.append(error)
        if found:
            return found
        # The one that came furthest says most.
        for fault in sorted(faults, key=lambda each: -len(each.path))[:1]:
            if len(fault.path) > len(path):
                raise fault
        raise walk.unfit(path, value, self.shown)


def nearest_text(name: str, known: Any) -> str:
    """`: did you mean transfer?`, or nothing where none is near."""
    near = get_close_matches(name, sorted(known), n=3)
    return f": did you mean {', '.join(near)}?" if near else ""


def _by_name(value: Any) -> dict[Any, Any] | None:
    """The parts of a mapping, a named tuple or a dataclass; None for others.

    Names that Python does not allow have an underscore there.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
    else:
        names = list(getattr(value, "_fields", ()))
        if not isinstance(value, tuple) or (value and not names):
            return None
    return {name: getattr(value, name) for name in names}
