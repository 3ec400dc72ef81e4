"""Shapes of messages, from JSON schemas or from templates.

A schema file is what a contract's `cargo schema` writes: `execute`, `query`, `migrate`
and `sudo` are JSON schemas, with their definitions. A template is a message in which
texts such as "$address" stand for generated values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract_fuzz.errors import FuzzError

MAX_DEPTH = 24
MAX_SHAPES = 20_000
LARGEST = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
SIGNED = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
# Texts with a meaning, by the names that cosmwasm-std gives their definitions.
KNOWN = {
    "Addr": "address",
    "Uint64": "number",
    "Uint128": "number",
    "Uint256": "number",
    "Uint512": "number",
    "Int128": "number",
    "Int256": "number",
    "Decimal": "decimal",
    "Decimal256": "decimal",
    "Binary": "binary",
    "HexBinary": "hex",
    "Timestamp": "number",
}
TEMPLATE_TEXTS = {
    f"${kind}": kind
    for kind in ("address", "number", "decimal", "binary", "hex", "text")
}


class InvalidSchema(FuzzError):
    """A schema or a template that no messages can be made from."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Constant:
    """One value, as JSON."""

    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a kind: address, number, decimal, binary, hex or text."""

    kind: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, both ends included."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list, of items of one shape, or of these if `is_tuple`."""

    shapes: tuple["Shape", ...]
    is_tuple: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """An object; each field has its name, its shape, and whether it must be there."""

    fields: tuple[tuple[str, "Shape", bool], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    options: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A definition of the schema, by name: definitions can hold themselves."""

    name: str


Shape = (
    Constant | Text | Number | Boolean | Anything | Items | Fields | Choice | Reference
)


SIMPLE: Mapping[str, Shape] = {
    "string": Text("text"),
    "boolean": Boolean(),
    "null": Constant(None),
}


@dataclass(frozen=True, slots=True)
class Schema:
    """The shapes of an entry point's messages, and what they refer to."""

    shape: Shape
    definitions: tuple[tuple[str, Shape], ...] = ()


def read_schema(document: Any, place: str = "schema") -> Schema:
    """The shapes in one JSON schema; raises InvalidSchema."""
    reader = SchemaReader()
    if not isinstance(document, Mapping):
        raise InvalidSchema(place, "no JSON schema")
    definitions = document.get("definitions", {})
    if not isinstance(definitions, Mapping):
        raise InvalidSchema(f"{place}.definitions", "no object")
    found = [
        (name, _known(name) or reader.shape(content, f"{place}.definitions.{name}", 0))
        for name, content in sorted(definitions.items())
    ]
    shape = reader.shape(document, place, 0)
    missing = reader.referred - set(definitions)
    if missing:
        raise InvalidSchema(place, f"no definition of {sorted(missing)[0]}")
    return Schema(shape, tuple(found))


def _known(name: str) -> Shape | None:
    return Text(KNOWN[name]) if name in KNOWN else None


class SchemaReader:
    """Reads JSON schemas as schemars writes them; notes the definitions it met."""

    def __init__(self) -> None:
        self.referred: set[str] = set()
        self._count = 0

    def shape(self, content: Any, place: str, depth: int) -> Shape:
        """The shape of a schema; raises InvalidSchema."""
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_SHAPES:
            raise InvalidSchema(place, "too large")
        if content is True:
            return Anything()
        if not isinstance(content, Mapping):
            raise InvalidSchema(place, "no JSON schema")
        for key in ("oneOf", "anyOf"):
            if key in content:
                return Choice(self._all(content[key], f"{place}.{key}", depth))
        if "allOf" in content:
            options = self._all(content["allOf"], f"{place}.allOf", depth)
            return options[0]
        if "$ref" in content:
            name = str(content["$ref"]).rpartition("/")[2]
            self.referred.add(name)
            return Reference(name)
        if "enum" in content:
            values = content["enum"]
            if not isinstance(values, list) or not values:
                raise InvalidSchema(f"{place}.enum", "no list of values")
            return Choice(tuple(Constant(value) for value in values))
        return self._of_type(content, place, depth)

    def _all(self, listed: Any, place: str, depth: int) -> tuple[Shape, ...]:
        if not isinstance(listed, list) or not listed:
            raise InvalidSchema(place, "no list of schemas")
        return tuple(
            self.shape(one, f"{place}[{number}]", depth + 1)
            for number, one in enumerate(listed)
        )

    def _of_type(self, content: Mapping[str, Any], place: str, depth: int) -> Shape:
        kind = content.get("type")
        if isinstance(kind, list):
            options = [
                self.shape({**content, "type": one}, place, depth + 1) for one in kind
            ]
            return Choice(tuple(options)) if options else Anything()
        if kind == "object":
            return self._fields(content, place, depth)
        if kind == "array":
            return self._items(content, place, depth)
        if kind in {"integer", "number"}:
            return _number(content)
        return SIMPLE.get(str(kind), Anything())

    def _fields(self, content: Mapping[str, Any], place: str, depth: int) -> Shape:
        properties = content.get("properties", {})
        required = content.get("required", [])
        if not isinstance(properties, Mapping) or not isinstance(required, list):
            raise InvalidSchema(place, "no properties")
        return Fields(
            tuple(
                (name, self.shape(one, f"{place}.{name}", depth + 1), name in required)
                for name, one in properties.items()
            )
        )

    def _items(self, content: Mapping[str, Any], place: str, depth: int) -> Shape:
        items = content.get("items", True)
        if isinstance(items, list):
            return Items(self._all(items, f"{place}.items", depth), is_tuple=True)
        return Items((self.shape(items, f"{place}.items", depth + 1),))


def _number(content: Mapping[str, Any]) -> Number:
    form = str(content.get("format"))
    if form in SIGNED:
        half = 1 << SIGNED[form] - 1
        return Number(-half, half - 1)
    return Number(0, (1 << LARGEST.get(form, 64)) - 1)


def read_template(document: Any, place: str = "template", depth: int = 0) -> Shape:
    """The shape of a template; raises InvalidSchema."""
    if depth > MAX_DEPTH:
        raise InvalidSchema(place, "too deep")
    if isinstance(document, str):
        kind = TEMPLATE_TEXTS.get(document)
        return Constant(document) if kind is None else Text(kind)
    if isinstance(document, list):
        return Items(
            tuple(
                read_template(one, f"{place}[{number}]", depth + 1)
                for number, one in enumerate(document)
            ),
            is_tuple=True,
        )
    if isinstance(document, Mapping):
        return Fields(
            tuple(
                (name, read_template(one, f"{place}.{name}", depth + 1), True)
                for name, one in document.items()
            )
        )
    if isinstance(document, int) and not isinstance(document, bool):
        return Number(0, max(document, (1 << 32) - 1))
    return Constant(document)
