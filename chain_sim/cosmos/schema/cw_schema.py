"""Types in the form of cw-schema: definitions that name each other by index."""

import re
from typing import Any

from chain_sim.cosmos.schema.composites import (
    Array,
    Enum,
    Field,
    FixedTuple,
    Optional,
    Reference,
    Struct,
    Variant,
    resolved,
)
from chain_sim.cosmos.schema.draft07 import camel, description_of
from chain_sim.cosmos.schema.errors import InvalidSchema
from chain_sim.cosmos.schema.scalars import (
    ADDRESS,
    STANDARD,
    TIMESTAMP,
    Boolean,
    Null,
    Number,
    Text,
    Type,
    decimal,
    integer,
)

SIMPLE: dict[str, Type] = {
    "float": Number(),
    "double": Number(),
    "address": ADDRESS,
    "binary": STANDARD["Binary"],
    "checksum": STANDARD["Checksum"],
    "hexbinary": STANDARD["HexBinary"],
    "timestamp": TIMESTAMP,
    "string": Text(),
    "boolean": Boolean(),
    "unit": Null(),
}
PRECISIONS = (8, 16, 32, 64, 128, 256, 512)
# Rust's own integers are numbers in JSON, those of cosmwasm-std are text.
RUST_INTEGER = re.compile(r"[ui](8|16|32|64|128|size)")


class CwSchema:
    """Reads the schema of one message."""

    def __init__(self, document: dict[str, Any], place: str) -> None:
        self._place = place
        definitions = document.get("definitions")
        if not isinstance(definitions, list):
            raise self._fault("there is no list of definitions")
        self._definitions = definitions
        self._root = document.get("root")
        self._types: list[Type] = []

    def read(self) -> Type:
        """The type of the message; raises InvalidSchema."""
        references = [
            Reference(self._name(index)) for index in range(len(self._definitions))
        ]
        self._types = list(references)
        for index, reference in enumerate(references):
            reference.target = self._type(index)
        for reference in references:
            resolved(reference)
        return self._at(self._root)

    def _fault(self, reason: str) -> InvalidSchema:
        return InvalidSchema(f"{self._place}: {reason}")

    def _name(self, index: int) -> str:
        """A definition's name, without the path of its module."""
        found = self._definitions[index]
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            raise self._fault(f"definition {index} has no name")
        name: str = found["name"]
        return name if "<" in name else name.rpartition("_")[2] or name

    def _at(self, index: Any) -> Type:
        if isinstance(index, bool) or not isinstance(index, int):
            raise self._fault(f"{str(index)[:100]!r} is no index of a definition")
        if not 0 <= index < len(self._types):
            raise self._fault(f"there is no definition {str(index)[:100]}")
        return self._types[index]

    def _type(self, index: int) -> Type:
        node, name = self._definitions[index], self._name(index)
        kind = str(node.get("type")).lower()
        found: Type
        match kind:
            case "integer" | "decimal":
                found = self._number(node, name)
            case "array":
                found = Array(self._at(node.get("items")))
            case "optional":
                found = Optional(self._at(node.get("inner")))
            case "tuple":
                found = self._tuple(node)
            case "struct" if "properties" in node:
                found = self._struct(node, name)
            case "struct":
                found = self._content(node) if "items" in node else Null()
            case "enum":
                found = self._enum(node, name)
            case _:
                if kind not in SIMPLE:
                    raise self._fault(
                        f"{name} has a type {kind[:100]!r}, which is none"
                    )
                found = SIMPLE[kind]
        return found

    def _number(self, node: dict[str, Any], name: str) -> Type:
        bits, is_signed = node.get("precision"), node.get("signed")
        if bits not in PRECISIONS or not isinstance(is_signed, bool):
            raise self._fault(f"{name} has no precision and sign of a number")
        if str(node["type"]).lower() == "decimal":
            return decimal(name, bits, is_signed=is_signed)
        is_text = RUST_INTEGER.fullmatch(name) is None
        return integer(name, bits, is_signed=is_signed, is_text=is_text)

    def _tuple(self, node: dict[str, Any]) -> FixedTuple:
        items = node.get("items")
        if not isinstance(items, list):
            raise self._fault("a tuple has no list of items")
        return FixedTuple(tuple(map(self._at, items)))

    def _content(self, node: dict[str, Any]) -> Type:
        """What a struct or case without names holds: one value is no tuple."""
        found = self._tuple(node)
        return found.items[0] if len(found.items) == 1 else found

    def _struct(self, node: dict[str, Any], name: str) -> Struct:
        properties = node.get("properties")
        if not isinstance(properties, dict):
            raise self._fault(f"{name} has no object of properties")
        fields = []
        for key, part in properties.items():
            if not isinstance(part, dict):
                raise self._fault(f"{name}.{key} has no value")
            found = self._at(part.get("value"))
            is_required = not self._is_optional(part["value"])
            fields.append(Field(key, found, is_required, description_of(part)))
        return Struct(name, tuple(fields))

    def _is_optional(self, index: int) -> bool:
        node = self._definitions[index]
        return isinstance(node, dict) and node.get("type") == "optional"

    def _enum(self, node: dict[str, Any], name: str) -> Enum:
        cases = node.get("cases")
        if not isinstance(cases, dict):
            raise self._fault(f"{name} has no object of cases")
        if node.get("discriminator") is not None:
            raise self._fault(f"{name} has a discriminator, which is not supported")
        variants = []
        for key, case in cases.items():
            kind = case.get("type") if isinstance(case, dict) else None
            content: Type | None = None
            if kind == "named":
                content = self._struct(case, camel(key))
            elif kind == "tuple":
                content = self._content(case)
            elif kind != "unit":
                raise self._fault(f"{name}.{key} is neither unit, named nor tuple")
            variants.append(Variant(key, content, description_of(case)))
        return Enum(name, tuple(variants))
