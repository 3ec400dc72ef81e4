"""Types of JSON Schema, draft 7, in the form that schemars writes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from chain_sim.cosmos.schema.composites import (
    Array,
    Dictionary,
    Enum,
    Field,
    FixedTuple,
    Optional,
    Reference,
    Struct,
    Union,
    Variant,
)
from chain_sim.cosmos.schema.errors import InvalidSchema
from chain_sim.cosmos.schema.scalars import (
    STANDARD,
    Anything,
    Boolean,
    Integer,
    Null,
    Number,
    Text,
    Type,
    bounds,
    integer,
)

# References that only lead to others.
MAX_REFERENCES = 64
MAX_ALTERNATIVES = 10_000
DEFINITIONS = ("#/definitions/", "#/$defs/")
WIDEST = 512
SIMPLE: dict[str, Type] = {
    "null": Null(),
    "boolean": Boolean(),
    "number": Number(),
    "string": Text(),
}


class Draft07:
    """Reads the schema of one message, with the definitions in it."""

    def __init__(self, document: dict[str, Any], place: str) -> None:
        self._place = place
        self._definitions: dict[str, Any] = {}
        for key in ("definitions", "$defs"):
            found = document.get(key, {})
            if not isinstance(found, dict):
                raise self._fault(f"{key} is no object")
            self._definitions |= found
        self._references: dict[str, Reference] = {}
        # Those that have no target yet.
        self._waiting: list[str] = []
        self._root = document

    def read(self, name: str) -> Type:
        """The type of the message; raises InvalidSchema. `name` is for one without."""
        root = self._type(self._root, str(self._root.get("title") or name))
        while self._waiting:
            name = self._waiting.pop()
            self._references[name].target = self._definition(name)
        return root

    def _fault(self, reason: str) -> InvalidSchema:
        return InvalidSchema(f"{self._place}: {reason}")

    # References

    def _name_of(self, reference: Any) -> str:
        if isinstance(reference, str):
            for prefix in DEFINITIONS:
                if reference.startswith(prefix):
                    name = unquote(reference.removeprefix(prefix))
                    name = name.replace("~1", "/").replace("~0", "~")
                    if name in self._definitions:
                        return name
        raise self._fault(f"there is no {str(reference)[:100]!r}")

    def _reference(self, reference: Any) -> Type:
        name = self._name_of(reference)
        standard = self._standard(name)
        if standard is not None:
            return standard
        self._resolved({"$ref": reference})
        if name not in self._references:
            self._references[name] = Reference(name)
            self._waiting.append(name)
        return self._references[name]

    def _standard(self, name: str) -> Type | None:
        """A type of cosmwasm-std: the schema only says that it is text."""
        if name not in STANDARD:
            return None
        found = self._resolved(self._definitions[name])
        return STANDARD[name] if found.get("type") == "string" else None

    def _definition(self, name: str) -> Type:
        return self._type(self._definitions[name], name)

    def _resolved(self, schema: Any) -> dict[str, Any]:
        """What a schema says, after any references that stand alone."""
        for _ in range(MAX_REFERENCES + 1):
            if schema is True:
                return {}
            if not isinstance(schema, dict):
                raise self._fault(f"{str(schema)[:100]!r} is no schema")
            alone = schema.get("allOf")
            if isinstance(alone, list) and len(alone) == 1 and "type" not in schema:
                schema = alone[0]
            elif "$ref" in schema:
                schema = self._definitions[self._name_of(schema["$ref"])]
            else:
                return schema
        raise self._fault(f"more than {MAX_REFERENCES} references to references")

    # Types

    def _type(self, schema: Any, name: str) -> Type:
        """The type that a schema describes; `name` is for a struct or enum in it."""
        if isinstance(schema, bool):
            return Anything() if schema else Union(())
        if not isinstance(schema, dict):
            raise self._fault(f"{str(schema)[:100]!r} is no schema")
        if schema.get("nullable") is True:
            return Optional(self._type({**schema, "nullable": False}, name))
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                return self._combined(key, schema, name)
        if "enum" in schema or "const" in schema:
            return self._choice(schema, name)
        return self._of_kinds(schema, name)

    def _of_kinds(self, schema: dict[str, Any], name: str) -> Type:
        kinds = schema.get("type")
        if not isinstance(kinds, list):
            return self._of_kind(schema, kinds, name)
        others = [kind for kind in kinds if kind != "null"]
        options = tuple(self._of_kind(schema, kind, name) for kind in others)
        found = options[0] if len(options) == 1 else Union(options)
        return found if len(others) == len(kinds) else Optional(found)

    def _of_kind(self, schema: dict[str, Any], kind: Any, name: str) -> Type:
        match kind:
            case "object":
                return self._object(schema, name)
            case "array":
                return self._array(schema, name)
            case "integer":
                return self._integer(schema)
            case None:
                return (
                    self._object(schema, name) if "properties" in schema else Anything()
                )
        found = SIMPLE.get(str(kind))
        if found is None:
            raise self._fault(f"there is no type {str(kind)[:100]!r}")
        return found

    def _integer(self, schema: dict[str, Any]) -> Integer:
        text = str(schema.get("format", ""))
        is_signed = not text.startswith("uint")
        digits = text.removeprefix("u").removeprefix("int")
        bits = int(digits) if digits in ("8", "16", "32", "64", "128") else 0
        if bits:
            return integer(text, bits, is_signed=is_signed, is_text=False)
        least, most = bounds(WIDEST, is_signed=True)
        given = schema.get("minimum"), schema.get("maximum")
        if given[0] is not None:
            least = self._whole(given[0])
        if given[1] is not None:
            most = self._whole(given[1])
        return Integer("integer", least, most)

    def _whole(self, number: Any) -> int:
        """A bound; schemars writes 0 as 0.0."""
        if isinstance(number, int | Decimal) and not isinstance(number, bool):
            widest = bounds(WIDEST, is_signed=True)
            if widest[0] <= number <= widest[1]:
                return int(number)
        raise self._fault(f"{str(number)[:100]!r} is no bound")

    def _array(self, schema: dict[str, Any], name: str) -> Type:
        items = schema.get("prefixItems", schema.get("items", True))
        if isinstance(items, list):
            return FixedTuple(tuple(self._type(item, name) for item in items))
        most = schema.get("maxItems")
        return Array(
            self._type(items, name),
            self._whole(schema.get("minItems", 0)),
            None if most is None else self._whole(most),
        )

    def _object(self, schema: dict[str, Any], name: str) -> Type:
        properties = schema.get("properties", {})
        required, rest = schema.get("required", []), schema.get("additionalProperties")
        if not isinstance(required, list):
            raise self._fault(f"{name} has no list of what is required")
        if not isinstance(properties, dict):
            raise self._fault(f"{name} has no object of properties")
        if isinstance(rest, dict) and not properties:
            return Dictionary(self._type(rest, name))
        for each in required:
            if each not in properties:
                raise self._fault(f"{name} requires {str(each)[:100]!r}, and has none")
        fields = tuple(
            Field(
                key,
                self._type(part, camel(key)),
                key in required,
                description_of(part),
            )
            for key, part in properties.items()
        )
        return Struct(str(schema.get("title") or name), fields, rest is not False)

    # Alternatives

    def _choice(self, schema: dict[str, Any], name: str) -> Type:
        names = schema.get("enum", [schema.get("const")])
        if not isinstance(names, list) or not all(
            isinstance(each, str) for each in names
        ):
            raise self._fault(f"{name} is an enum of other values than text")
        about = description_of(schema)
        return self._enum(name, [Variant(each, None, about) for each in names])

    def _combined(self, key: str, schema: dict[str, Any], name: str) -> Type:
        parts = schema[key]
        if not isinstance(parts, list):
            raise self._fault(f"{key} is no list")
        if len(parts) == 1 and key == "allOf":
            return self._type(parts[0], name)
        if key == "allOf":
            return self._merged(schema, name)
        present = [part for part in parts if not is_null(part)]
        if len(present) < len(parts):
            rest = {**schema, key: present}
            alone = len(present) == 1
            return Optional(self._type(present[0] if alone else rest, name))
        variants = self._variants(parts, name)
        if variants is not None:
            return self._enum(str(schema.get("title") or name), variants)
        return Union(tuple(self._type(part, name) for part in parts))

    def _merged(self, schema: dict[str, Any], name: str) -> Type:
        """One struct of several."""
        fields: dict[str, Field] = {}
        is_open = True
        own = {key: value for key, value in schema.items() if key != "allOf"}
        for part in [*schema["allOf"], own]:
            found = self._object(self._resolved(part), name)
            if not isinstance(found, Struct):
                raise self._fault(f"{name} is all of what are no structs")
            fields |= {field.name: field for field in found.fields}
            is_open = is_open and found.is_open
        return Struct(name, tuple(fields.values()), is_open)

    def _variants(self, parts: list[Any], name: str) -> list[Variant] | None:
        """The cases of an enum, of enums within it too; None if it is no enum."""
        found: list[Variant] = []
        waiting = list(reversed(parts))
        for _ in range(MAX_ALTERNATIVES):
            if not waiting:
                return found
            part = waiting.pop()
            schema = self._resolved(part)
            inner = schema.get("oneOf", schema.get("anyOf"))
            if isinstance(inner, list):
                waiting.extend(reversed(inner))
                continue
            cases = list(self._cases(schema, description_of(part)))
            if not cases:
                return None
            found += cases
        raise self._fault(f"{name} has more than {MAX_ALTERNATIVES:,} alternatives")

    def _cases(self, schema: dict[str, Any], about: str) -> Iterator[Variant]:
        names = schema.get("enum")
        if isinstance(names, list) and schema.get("type") == "string":
            yield from (Variant(each, None, about) for each in map(str, names))
        properties = schema.get("properties")
        if schema.get("type") != "object" or not isinstance(properties, dict):
            return
        if len(properties) == 1 and schema.get("required") == list(properties):
            ((key, content),) = properties.items()
            if is_tag(content):
                return
            yield Variant(key, self._type(content, camel(key)), about)

    def _enum(self, name: str, variants: list[Variant]) -> Enum:
        names = [each.name for each in variants]
        if len(set(names)) < len(names):
            raise self._fault(f"{name} has two variants of one name")
        return Enum(name, tuple(variants))


def is_null(schema: Any) -> bool:
    """Whether only null fits."""
    return isinstance(schema, dict) and schema.get("type") == "null"


def is_tag(schema: Any) -> bool:
    """Whether a property only says which case a struct is."""
    return isinstance(schema, dict) and len(schema.get("enum") or ()) == 1


def camel(name: str) -> str:
    """`TransferFrom` of transfer_from."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def description_of(schema: Any) -> str:
    """What a schema says of itself."""
    found = schema.get("description", "") if isinstance(schema, dict) else ""
    return found if isinstance(found, str) else ""
