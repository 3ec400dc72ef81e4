"""Shapes of ABI values: types with the names that their parts and structs have."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.functions import Parameter
from chain_sim.ethereum.abi.types import ValueType
from contract_testing.contracts.address import Address

DEFAULT_STRUCT = "Tuple"


@dataclass(frozen=True, slots=True)
class Shape:
    """A parameter: its name, which may be empty, its type, the name of its struct.

    `parts` are those of the tuple in it, if there is one, within any arrays.
    """

    name: str
    type: ValueType
    struct: str = ""
    parts: tuple["Shape", ...] = ()

    @property
    def shown(self) -> str:
        """`uint64 amount`; a name that is no identifier, which may be anything, is left
        out.
        """
        name = self.name if self.name.isidentifier() else ""
        return f"{self.type.text} {name}".rstrip()


def shape_of(item: Any, param: Parameter) -> Shape:
    """The shape of a parameter that was read from this entry of an ABI."""
    inner = param.type
    while inner.kind == "array":
        inner = inner.items[0]
    parts: tuple[Shape, ...] = ()
    struct = ""
    if inner.kind == "tuple":
        components = item.get("components") or [{}] * len(inner.items)
        names = inner.names or ("",) * len(inner.items)
        parts = tuple(
            shape_of(component, Parameter(name, part))
            for component, name, part in zip(
                components, names, inner.items, strict=True
            )
        )
        struct = struct_name(item.get("internalType"))
    return Shape(param.name, param.type, struct, parts)


def struct_name(internal: Any) -> str:
    """`Position` of `struct Vault.Position[]`; empty if none is told."""
    if not isinstance(internal, str) or not internal.startswith("struct "):
        return ""
    name = internal.removeprefix("struct ").partition("[")[0].rpartition(".")[2]
    return name if name.isidentifier() else ""


def shapes_of(items: Sequence[Any], params: Sequence[Parameter]) -> tuple[Shape, ...]:
    """The shapes of parameters, in order."""
    return tuple(map(shape_of, items, params))


def decode(shapes: Sequence[Shape], data: bytes) -> tuple[Any, ...] | None:
    """The values as Python has them; None where the data has another form."""
    try:
        values = decode_values([shape.type.text for shape in shapes], data)
    except MalformedAbiData:
        return None
    return tuple(
        value_of(shape, shape.type, value)
        for shape, value in zip(shapes, values, strict=True)
    )


def value_of(shape: Shape, value_type: ValueType, value: Any) -> Any:
    """A decoded value: addresses as Address, structs as named tuples."""
    if value_type.kind == "address":
        return Address(bytes.fromhex(value.removeprefix("0x")))
    if value_type.kind == "array":
        return tuple(value_of(shape, value_type.items[0], item) for item in value)
    if value_type.kind == "tuple":
        return named(
            shape.struct or DEFAULT_STRUCT,
            [part.name for part in shape.parts],
            [
                value_of(part, part.type, item)
                for part, item in zip(shape.parts, value, strict=True)
            ],
        )
    return value


def named(struct: str, names: Sequence[str], values: Sequence[Any]) -> Any:
    """A named tuple; names that Python does not allow become `_0`, `_1`, ..."""
    return named_tuple(struct, tuple(names))(*values)


@lru_cache(maxsize=1024)
def named_tuple(struct: str, names: tuple[str, ...]) -> Any:
    """The class of such tuples, one for each struct with these names."""
    return namedtuple(struct, names, rename=True)


def results_of(shapes: Sequence[Shape], data: bytes) -> tuple[bool, Any]:
    """Whether output decodes, and what it is: None, one value, or a named tuple."""
    values = decode(shapes, data)
    if values is None:
        return False, None
    if not values:
        return True, None
    if len(values) == 1:
        return True, values[0]
    return True, named("Results", [shape.name for shape in shapes], values)
