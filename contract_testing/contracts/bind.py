"""Python modules with a typed class for an ABI: what `contractvm bind` writes."""

import json
import keyword
import re
from collections.abc import Iterable, Sequence
from typing import Any

from chain_sim.ethereum.abi.abi_file import read_content
from chain_sim.ethereum.abi.types import ValueType
from contract_testing.contracts.abi import AbiContent, read_source
from contract_testing.contracts.descriptions import Function
from contract_testing.contracts.functions import OPTIONS
from contract_testing.contracts.shapes import DEFAULT_STRUCT, Shape

OWN_NAMES = frozenset(
    [
        *("address", "abi", "chain", "label", "functions", "events", "errors"),
        *("using", "logs", "storage_at", "bound_abi"),
    ]
)
SCALARS = {
    "uint": "int",
    "int": "int",
    "bool": "bool",
    "bytes": "bytes",
    "string": "str",
    "address": "Address",
}
GIVEN = {"bytes": "bytes | str", "address": "AddressLike"}
LAST = ("EventKind", "Receipt")
CALL_OPTIONS = "sender: Any = None, gas_limit: int | None = None, at: Any = None"
SEND_OPTIONS = (
    "sender: Any = None, value: int | str = 0, gas_limit: int | None = None,"
    " gas_price: int | None = None, nonce: int | None = None, check: bool = True"
)


class Binder:
    """Writes the module of one ABI."""

    def __init__(self, abi: AbiContent, entries: Sequence[Any], name: str) -> None:
        self._abi = abi
        self._entries = entries
        self._name = name
        self._structs: dict[str, tuple[str, tuple[str, ...]]] = {}

    def module(self) -> str:
        """The text of the module; the same for the same ABI and name."""
        functions = self._functions()
        events = [shape.name for shape in self._abi.events]
        errors = [shape.name for shape in self._abi.errors]
        content = ",\n    ".join(
            json.dumps(entry, sort_keys=True) for entry in self._entries
        )
        parts = [
            f'"""{self._name}, bound from its ABI by contractvm: do not edit."""',
            "from collections.abc import Mapping\n"
            "from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple\n\n"
            "from contract_testing import (\n"
            "    Abi,\n    Address,\n    AddressLike,\n    BoundFunction,\n"
            "    Contract,\n    CustomError,\n    EventKind,\n    Members,\n"
            "    Receipt,\n)",
            f'ENTRIES = r"""[\n    {content}\n]"""',
            *self._struct_classes(),
            *(text for _, text in functions),
            members_class(f"{self._name}Events", "EventKind", events),
            members_class(f"{self._name}Errors", "type[CustomError]", errors),
            self._contract([name for name, _ in functions]),
        ]
        title, imports, content, *classes = parts
        head = f"{title}\n\n{imports}\n\n{content}"
        return used_imports("\n\n\n".join([head, *classes]) + "\n")

    def _functions(self) -> list[tuple[str, str]]:
        overloads: dict[str, list[Function]] = {}
        for function in self._abi.functions:
            overloads.setdefault(function.name, []).append(function)
        return [
            (name, self._function_class(name, found))
            for name, found in overloads.items()
            if name not in OWN_NAMES and not name.startswith("_")
            if name.isidentifier() and not keyword.iskeyword(name)
        ]

    def _function_class(self, name: str, overloads: Sequence[Function]) -> str:
        lines = [f"class {function_class(name)}(BoundFunction):"]
        shown = "; ".join(function.shown for function in overloads)
        lines += [f'    """{shown}."""', "", "    if TYPE_CHECKING:"]
        for method in ("__call__", "call"):
            if len(overloads) == 1:
                lines += ["", self._method(method, overloads[0])]
                continue
            # Which one is meant is never guessed, so their types are not told apart.
            results = [self._options(method, each)[0] for each in overloads]
            result = " | ".join(dict.fromkeys(results))
            params = "*args: Any, **options: Any"
            lines += ["", f"        def {method}(self, {params}) -> {result}: ..."]
        return "\n".join(lines)

    def _method(self, method: str, function: Function) -> str:
        result, options = self._options(method, function)
        given = "".join(f"{param}, " for param in self._params(function))
        return f"        def {method}(self, {given}*, {options}) -> {result}: ..."

    def _options(self, method: str, function: Function) -> tuple[str, str]:
        """The result, and the options that it takes."""
        if method == "__call__" and not function.is_view:
            return "Receipt", SEND_OPTIONS
        options = CALL_OPTIONS
        if function.mutability == "payable":
            options = f"value: int | str = 0, {CALL_OPTIONS}"
        return self._result(function), options

    def _params(self, function: Function) -> list[str]:
        names = [shape.name for shape in function.inputs]
        plain = all(
            name.isidentifier()
            and not keyword.iskeyword(name)
            and name not in (*OPTIONS, "check", "args", "self")
            for name in names
        )
        plain = plain and len(set(names)) == len(names)
        params = []
        for place, shape in enumerate(function.inputs):
            name = shape.name if plain else f"_{safe(shape.name) or place}_{place}"
            params.append(f"{name}: {self._taken(shape.type)}")
        if params and not plain:
            params.append("/")
        return params

    def _taken(self, value_type: ValueType) -> str:
        """The type of an argument."""
        if value_type.kind == "array":
            inner = self._taken(value_type.items[0])
            return f"list[{inner}] | tuple[{inner}, ...]"
        if value_type.kind == "tuple":
            return "tuple[Any, ...] | list[Any] | Mapping[str, Any]"
        return GIVEN.get(value_type.kind, SCALARS[value_type.kind])

    def _result(self, function: Function) -> str:
        """The type of what a call returns."""
        if not function.outputs:
            return "None"
        if len(function.outputs) == 1:
            return self._given(function.outputs[0], function.outputs[0].type)
        name = f"{camel(function.name)}Results"
        return self._struct(name, function.outputs)

    def _given(self, shape: Shape, value_type: ValueType) -> str:
        if value_type.kind == "array":
            return f"tuple[{self._given(shape, value_type.items[0])}, ...]"
        if value_type.kind == "tuple":
            return self._struct(shape.struct or DEFAULT_STRUCT, shape.parts)
        return SCALARS[value_type.kind]

    def _struct(self, name: str, parts: Sequence[Shape]) -> str:
        """The class of a struct, or of several results, made on first use."""
        fields = tuple(
            f"{part.name}: {self._given(part, part.type)}"
            if part.name.isidentifier() and not keyword.iskeyword(part.name)
            else f"_{place}: {self._given(part, part.type)}"
            for place, part in enumerate(parts)
        )
        if any(field.startswith("_") for field in fields):
            # A NamedTuple's fields have no leading underscore.
            return "tuple[Any, ...]"
        number = 1
        found = name
        while self._structs.get(found, ("", fields))[1] != fields:
            number += 1
            found = f"{name}{number}"
        self._structs[found] = found, fields
        return found

    def _struct_classes(self) -> Iterable[str]:
        for name, fields in self._structs.values():
            lines = "\n".join(f"    {field}" for field in fields)
            head = f'class {name}(NamedTuple):\n    """A struct of the ABI."""'
            yield f"{head}\n\n{lines}"

    def _contract(self, names: Sequence[str]) -> str:
        lines = [
            f"class {self._name}(Contract):",
            f'    """The contract {self._name}."""',
            "",
            "    bound_abi: ClassVar[Abi | None] = Abi.read(ENTRIES)",
            "",
            f"    events: {self._name}Events",
            f"    errors: {self._name}Errors",
            *(f"    {name}: {function_class(name)}" for name in names),
        ]
        return "\n".join(lines)


def function_class(name: str) -> str:
    """`TransferFunction`."""
    return f"{camel(name)}Function"


def camel(name: str) -> str:
    """A name with a capital first, and without what a class name has not."""
    plain = safe(name)
    return plain[:1].upper() + plain[1:]


def safe(name: str) -> str:
    """A name without what Python's names have not."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def members_class(name: str, kind: str, members: Sequence[str]) -> str:
    """The class of the events or the errors."""
    usable = [each for each in dict.fromkeys(members) if members.count(each) == 1]
    lines = [f"    {each}: {kind}" for each in usable if each.isidentifier()]
    body = "\n".join(lines)
    tail = f"\n\n{body}" if body else ""
    return f'class {name}(Members):\n    """By name."""{tail}'


def used_imports(text: str) -> str:
    """The module without the imports that it does not use."""
    head, mark, rest = text.partition("ENTRIES = ")
    for name in ("Mapping", "NamedTuple", "TYPE_CHECKING", "Any"):
        if not re.search(rf"\b{name}\b", rest):
            head = head.replace(f"from collections.abc import {name}\n", "")
            head = re.sub(rf", {name}\b|\b{name}, ", "", head)
    for name in ("Address", "AddressLike", "BoundFunction", "CustomError", *LAST):
        if not re.search(rf"\b{name}\b", rest):
            head = head.replace(f"    {name},\n", "")
    return head + mark + rest


def class_name(name: str) -> str:
    """A name for the class: of the ABI, or of its file."""
    found = camel(name)
    return found if found.isidentifier() and not keyword.iskeyword(found) else "Bound"


def bound_module(source: Any, name: str | None = None) -> str:
    """The module for an ABI, of any source that has entries; InvalidAbi for others."""
    abi = AbiContent.read(source)
    file_name, content = read_source(source)
    told, entries = read_content(content)
    return Binder(abi, entries, class_name(name or told or file_name)).module()
