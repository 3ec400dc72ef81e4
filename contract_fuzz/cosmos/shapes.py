"""Shapes of messages, from contracts' schemas or from templates.

A template is a message in which texts such as "$address" stand for generated values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chain_sim.cosmos.schema import composites, scalars
from chain_sim.cosmos.schema.scalars import Type
from contract_fuzz.errors import FuzzError

MAX_DEPTH = 24
AMOUNT_BITS = 128


class InvalidTemplate(FuzzError):
    """A template that no messages can be made from."""

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
    """A text of a kind: address, decimal, binary, hex or text."""

    kind: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, both ends included; JSON has it as text if `is_text`."""

    least: int
    most: int
    is_text: bool = False


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


@dataclass(frozen=True, slots=True)
class Schema:
    """The shapes of an entry point's messages, and what they refer to."""

    shape: Shape
    definitions: tuple[tuple[str, Shape], ...] = ()


def schema_of(message: Type) -> Schema:
    """The shapes of an entry point's messages, by the contract's schema."""
    reader = TypeReader()
    return Schema(reader.shape(message), reader.definitions())


TEMPLATE_TEXTS: Mapping[str, Shape] = {
    "$number": Number(0, (1 << AMOUNT_BITS) - 1, is_text=True),
    **{
        f"${kind}": Text(kind)
        for kind in ("address", "decimal", "binary", "hex", "text")
    },
}
# Types that have one shape, whatever their bounds.
PLAIN: Mapping[type, Shape] = {
    scalars.Null: Constant(None),
    scalars.Boolean: Boolean(),
    scalars.Number: Number(0, (1 << 32) - 1),
    scalars.DecimalNumber: Text("decimal"),
    scalars.Base64Bytes: Text("binary"),
    scalars.HexBytes: Text("hex"),
}


class TypeReader:
    """Turns the types of a contract's schema into shapes; types can hold themselves."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._shapes: dict[str, Shape] = {}

    def definitions(self) -> tuple[tuple[str, Shape], ...]:
        """The shapes that others refer to."""
        return tuple(self._shapes.items())

    def shape(self, kind: Type) -> Shape:
        """The shape of a type."""
        if isinstance(kind, composites.Reference):
            return self._referred(kind)
        for known, read in self._readers():
            if isinstance(kind, known):
                return read(kind)
        return PLAIN.get(type(kind), Anything())

    def _referred(self, kind: composites.Reference) -> Shape:
        name = self._names.get(id(kind))
        if name is None:
            name = self._names[id(kind)] = f"{len(self._names)} {kind.shown}"
            self._shapes[name] = Anything()
            self._shapes[name] = self.shape(kind.target)
        return Reference(name)

    def _readers(self) -> tuple[tuple[type, Callable[[Any], Shape]], ...]:
        shape = self.shape
        return (
            (composites.Struct, self._fields),
            (composites.Enum, self._variants),
            (composites.Array, lambda kind: Items((shape(kind.item),))),
            (
                composites.FixedTuple,
                lambda kind: Items(tuple(map(shape, kind.items)), is_tuple=True),
            ),
            (
                composites.Optional,
                lambda kind: Choice((shape(kind.inner), Constant(None))),
            ),
            (
                composites.Union,
                lambda kind: Choice(tuple(map(shape, kind.options))),
            ),
            (scalars.Integer, _integer),
            (
                scalars.Text,
                lambda kind: Text("address" if kind is scalars.ADDRESS else "text"),
            ),
        )

    def _fields(self, kind: composites.Struct) -> Shape:
        return Fields(
            tuple(
                (field.name, self.shape(field.type), field.is_required)
                for field in kind.fields
            )
        )

    def _variants(self, kind: composites.Enum) -> Shape:
        return Choice(
            tuple(
                Constant(variant.name)
                if variant.content is None
                else Fields(((variant.name, self.shape(variant.content), True),))
                for variant in kind.variants
            )
        )


def _integer(kind: scalars.Integer) -> Shape:
    return Number(kind.least, kind.most, kind.is_text)


def read_template(document: Any, place: str = "template", depth: int = 0) -> Shape:
    """The shape of a template; raises InvalidTemplate."""
    if depth > MAX_DEPTH:
        raise InvalidTemplate(place, "too deep")
    if isinstance(document, str):
        return TEMPLATE_TEXTS.get(document, Constant(document))
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
