"""Python modules with a typed class for a schema: what `contractvm bind` writes."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from chain_sim.cosmos.schema.composites import (
    Array,
    Dictionary,
    Enum,
    Field,
    FixedTuple,
    Optional,
    Struct,
    Union,
    Variant,
    resolved,
)
from chain_sim.cosmos.schema.errors import InvalidSchema
from chain_sim.cosmos.schema.records import python_name
from chain_sim.cosmos.schema.scalars import (
    Anything,
    Base64Bytes,
    Boolean,
    DecimalNumber,
    HexBytes,
    Integer,
    Null,
    Number,
    Text,
    Type,
)
from chain_sim.cosmos.schema.schema import CosmosSchema, fields_of
from chain_sim.cosmos.schema.walk import MAX_DEPTH
from contract_testing.contracts.bind import class_name
from contract_testing.cosmwasm.messages import OPTIONS, variant_text

# The type in Python of what is taken, and of what is answered.
SCALARS: dict[type, tuple[str, str]] = {
    Anything: ("Any", "Any"),
    Null: ("None", "None"),
    Boolean: ("bool", "bool"),
    Number: ("float", "int | Decimal"),
    Integer: ("int", "int"),
    DecimalNumber: ("int | Decimal", "Decimal"),
    Text: ("str | CosmosContract", "str"),
    Base64Bytes: ("bytes", "bytes"),
    HexBytes: ("bytes", "bytes"),
}
OPTION_TYPES = {
    "sender": "Any = None",
    "funds": "Any = ()",
    "gas_limit": "int | None = None",
    "check": "bool = True",
    "code_id": "Any",
    "label": "str | None = None",
    "admin": "Any = None",
    "salt": "bytes | None = None",
}
IMPORTS = {
    "collections.abc": ("Mapping", "Sequence"),
    "decimal": ("Decimal",),
    "typing": ("TYPE_CHECKING", "Any", "ClassVar", "Literal", "NamedTuple", "Self"),
}
FROM_HERE = (
    *("CosmosContract", "CosmosMessage", "CosmosMessages", "CosmosReceipt"),
    "CosmosSchema",
)
MAX_TYPE_TEXT = 2_000
MAX_STRUCTS = 1_000
# A field of these names hides a method of tuples, on purpose.
TUPLE_METHODS = ("count", "index")
# What a schema says to people only, and what is told by its place.
LEFT_OUT = frozenset({"description", "$schema"})


class SchemaBinder:
    """Writes the module of one schema."""

    def __init__(self, schema: CosmosSchema, name: str) -> None:
        self._schema = schema
        self._name = name
        self._structs: dict[str, Struct] = {}
        # Their names by what the schema calls them.
        self._alike: dict[str, list[str]] = {}
        self._texts: dict[tuple[int, bool], str] = {}
        self._open: set[tuple[int, bool]] = set()
        self._names = {
            *FROM_HERE,
            *(each for found in IMPORTS.values() for each in found),
        }
        self._names.add(name)

    def module(self) -> str:
        """The text of the module; the same for the same schema and name."""
        groups = [
            self._group(entry)
            for entry in self._schema.messages
            if entry != "instantiate"
        ]
        contract = self._contract()
        # Making the class of a struct may name others.
        structs: list[str] = []
        while len(structs) < len(self._structs):
            found = list(self._structs.items())[len(structs)]
            structs.append(self._struct_class(*found))
        classes = "\n\n\n".join([*structs, *groups, contract])
        text = json.dumps(without_text(self._schema.document), ensure_ascii=True)
        body = f'SCHEMA = r"""{text}"""\n\n\n{classes}\n'
        head = f'"""{self._name}, bound from its schema by contractvm: do not edit."""'
        return f"{head}\n\n{imports(classes)}\n\n{body}"

    def _new_name(self, wanted: str) -> str:
        number, found = 1, wanted
        while found in self._names:
            number += 1
            found = f"{wanted}{number}"
        self._names.add(found)
        return found

    # Messages

    def _group(self, entry: str) -> str:
        name = self._new_name(f"{self._name}{camel(entry)}")
        variants = self._schema.variants(entry)
        if not variants:
            call = self._call(entry, self._schema.message(entry), "None")
            doc = f'    """The message of {entry}."""'
            return f"class {name}(CosmosMessages):\n{doc}\n\n{call}"
        parts, lines = [], []
        for variant in usable(variants):
            made = self._new_name(f"{name}{camel(variant.name)}")
            parts.append(self._message(entry, variant, made))
            lines.append(f"    {python_name(variant.name)}: {made}")
        doc = f'    """The messages of {entry}."""'
        body = "\n".join([f"class {name}(CosmosMessages):", doc, "", *lines])
        return "\n\n\n".join([*parts, body.rstrip()])

    def _message(self, entry: str, variant: Variant, name: str) -> str:
        answer = self._schema.responses.get(variant.name)
        result = "Any" if answer is None else self._type(answer, is_taken=False)
        call = self._call(entry, variant.content, result)
        text = variant_text(variant)
        is_plain = text.isprintable() and not {'"', "\\"} & set(text)
        doc = text if is_plain else python_name(variant.name)
        return f'class {name}(CosmosMessage):\n    """{doc}."""\n\n{call}'

    def _call(self, entry: str, content: Type | None, answer: str) -> str:
        result = answer if entry == "query" else "CosmosReceipt"
        params = self._params(entry, content)
        return (
            "    if TYPE_CHECKING:\n\n"
            f"        def __call__(self, {', '.join(params)}) -> {result}: ..."
        )

    def _params(self, entry: str, content: Type | None) -> list[str]:
        """Fields and options, by keyword; what is no struct comes first."""
        struct = fields_of(content)
        params = ["*"]
        if struct is None and content is not None:
            params.insert(0, f"_content: {self._type(content, is_taken=True)}, /")
        fields = () if struct is None else struct.fields
        taken = [field for field in fields if python_name(field.name) in OPTIONS[entry]]
        for field in fields:
            if field not in taken:
                params.append(self._param(field))
        if taken:
            needed = any(field.is_required for field in taken)
            params.append(
                f"args: Mapping[str, Any]{'' if needed else ' | None = None'}"
            )
        params += [f"{name}: {OPTION_TYPES[name]}" for name in OPTIONS[entry]]
        return params

    def _param(self, field: Field) -> str:
        kind = self._type(field.type, is_taken=True)
        if not field.is_required:
            kind = (
                f"{kind} = None" if kind.endswith("None") else f"{kind} | None = None"
            )
        return f"{python_name(field.name)}: {kind}"

    # Types

    def _type(self, kind: Type, *, is_taken: bool) -> str:
        """The type as Python writes it; Any for one that has no end."""
        kind = resolved(kind)
        key = id(kind), is_taken
        if key not in self._texts:
            if key in self._open or len(self._open) == MAX_DEPTH:
                return "Any"
            self._open.add(key)
            found = self._composed(kind, is_taken=is_taken)
            self._open.remove(key)
            self._texts[key] = found if len(found) <= MAX_TYPE_TEXT else "Any"
        return self._texts[key]

    def _composed(self, kind: Type, *, is_taken: bool) -> str:
        parts = [self._type(part, is_taken=is_taken) for part in parts_of(kind)]
        match kind:
            case Optional():
                found = or_none(parts[0])
            case Array() if is_taken:
                found = f"Sequence[{parts[0]}]"
            case Array():
                found = f"tuple[{parts[0]}, ...]"
            case FixedTuple():
                found = f"tuple[{', '.join(parts) or '()'}]"
            case Dictionary():
                found = f"dict[str, {parts[0]}]"
            case Struct():
                name = self._struct(kind)
                found = f"{name} | Mapping[str, Any]" if is_taken else name
            case Enum():
                found = enum_type(kind, is_taken=is_taken)
            case Union():
                found = " | ".join(dict.fromkeys(parts)) or "Any"
            case _:
                found = SCALARS[type(kind)][0 if is_taken else 1]
        return found

    def _struct(self, struct: Struct) -> str:
        """The class of a struct, made on first use."""
        for name in self._alike.get(struct.shown, ()):
            if is_same(self._structs[name], struct):
                return name
        if any(python_name(field.name).startswith("_") for field in struct.fields):
            # A NamedTuple's fields have no leading underscore.
            return "tuple[Any, ...]"
        if len(self._structs) == MAX_STRUCTS:
            raise InvalidSchema(f"more than {MAX_STRUCTS:,} structs")
        name = self._new_name(class_name(python_name(struct.shown)))
        self._structs[name] = struct
        self._alike.setdefault(struct.shown, []).append(name)
        return name

    def _struct_class(self, name: str, struct: Struct) -> str:
        lines = []
        for field in struct.fields:
            kind = self._type(field.type, is_taken=False)
            kind = kind if field.is_required else or_none(kind)
            mark = "  # type: ignore[assignment]" if field.name in TUPLE_METHODS else ""
            lines.append(f"    {python_name(field.name)}: {kind}{mark}")
        head = f'class {name}(NamedTuple):\n    """A struct of the schema."""'
        return "\n\n".join([head, *(["\n".join(lines)] if lines else [])])

    def _contract(self) -> str:
        lines = [
            f"class {self._name}(CosmosContract):",
            f'    """The contract {self._name}."""',
            "",
            "    bound_schema: ClassVar[Any] = CosmosSchema.read(SCHEMA)",
            "",
        ]
        lines += [
            f"    {entry}: {self._name}{camel(entry)}"
            for entry in self._schema.messages
            if entry != "instantiate"
        ]
        if "instantiate" in self._schema.messages:
            content = self._schema.message("instantiate")
            params = self._params("instantiate", content)[1:]
            if fields_of(content) is None:
                options = self._params("instantiate", None)[1:]
                params = [f"args: {self._type(content, is_taken=True)}", *options]
            shown = ", ".join(["cls", "chain: Any", "code: Any", "*", *params])
            lines += ["", "    if TYPE_CHECKING:"]
            for method in ("deploy", "instantiate"):
                lines += [
                    "",
                    "        @classmethod",
                    # Those of the base take any fields.
                    f"        def {method}(  # type: ignore[override]",
                    f"            {shown}",
                    "        ) -> Self: ...",
                ]
        return "\n".join(lines)


def camel(name: str) -> str:
    """`Cw20Base` of cw20-base, `TransferFrom` of transfer_from."""
    words = re.split(r"[\W_]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words)


def is_same(left: Type, right: Type) -> bool:
    """Whether two types say the same, though each message has its own definitions.

    Types that contain themselves are the same if nothing else tells them apart.
    """
    waiting, assumed = [(left, right)], set[tuple[int, int]]()
    while waiting:
        one, other = map(resolved, waiting.pop())
        if one is other or (id(one), id(other)) in assumed:
            continue
        assumed.add((id(one), id(other)))
        if (type(one), one.shown, names_of(one)) != (
            type(other),
            other.shown,
            names_of(other),
        ):
            return False
        parts = [(*parts_of(each), *named_parts(each)) for each in (one, other)]
        if len(parts[0]) != len(parts[1]):
            return False
        waiting += zip(parts[0], parts[1], strict=True)
    return True


def named_parts(kind: Type) -> tuple[Type, ...]:
    """The types of a struct's fields, or of what an enum's cases hold."""
    if isinstance(kind, Struct):
        return tuple(field.type for field in kind.fields)
    if isinstance(kind, Enum):
        held = (variant.content for variant in kind.variants)
        return tuple(content for content in held if content is not None)
    return ()


def names_of(kind: Type) -> list[tuple[str, bool]]:
    """The fields and which are required, or the cases and which hold something."""
    if isinstance(kind, Struct):
        return [(field.name, field.is_required) for field in kind.fields]
    if isinstance(kind, Enum):
        return [(each.name, each.content is not None) for each in kind.variants]
    return []


def parts_of(kind: Type) -> tuple[Type, ...]:
    """The types within a type without a name."""
    match kind:
        case Optional():
            return (kind.inner,)
        case Array() | Dictionary():
            return (kind.item,)
        case FixedTuple():
            return kind.items
        case Union():
            return kind.options
    return ()


def or_none(shown: str) -> str:
    """A type that may be None too."""
    return shown if shown.endswith(("None", "Any")) else f"{shown} | None"


def usable(variants: Iterable[Variant]) -> list[Variant]:
    """Those that can be attributes of a group, each name once."""
    found = {python_name(variant.name): variant for variant in variants}
    return [each for name, each in found.items() if not name.startswith("_")]


def enum_type(kind: Enum, *, is_taken: bool) -> str:
    """Names as literals, and a dict where a case holds something."""
    names = [each.name for each in kind.variants if each.content is None or is_taken]
    shown = [json.dumps(name) for name in names if name.isprintable()]
    parts = [f"Literal[{', '.join(shown)}]"] if shown else []
    if any(each.content is not None for each in kind.variants):
        parts.append("dict[str, Any]")
    return " | ".join(parts) or "Any"


def without_text(document: Any) -> Any:
    """A schema without its descriptions, which nothing reads in a module."""
    if isinstance(document, list):
        return [without_text(item) for item in document]
    if isinstance(document, Decimal):
        # A bound, which is whole, or a default, which nothing reads.
        return int(document) if abs(document) < 1 << 512 else 0
    if not isinstance(document, dict):
        return document
    return {
        key: without_text(value)
        for key, value in document.items()
        if not (key in LEFT_OUT and isinstance(value, str))
    }


def imports(text: str) -> str:
    """The imports that the classes use."""
    lines = ["from __future__ import annotations", ""]
    for module, names in IMPORTS.items():
        used = [name for name in names if re.search(rf"\b{name}\b", text)]
        if used:
            lines.append(f"from {module} import {', '.join(used)}")
    ours = [name for name in FROM_HERE if re.search(rf"\b{name}\b", text)]
    lines += ["", "from contract_testing import (", *(f"    {name}," for name in ours)]
    return "\n".join([*lines, ")"])


def bound_schema(source: Any, name: str | None = None) -> str:
    """The module for a schema; InvalidSchema for what is none."""
    schema = CosmosSchema.read(source)
    return SchemaBinder(schema, class_name(camel(name or schema.name))).module()
