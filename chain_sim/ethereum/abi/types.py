"""Types of Solidity's ABI, parsed from text within limits of length and depth."""

import re
from dataclasses import dataclass

from eth_abi.exceptions import ParseError
from eth_abi.grammar import ABIType, BasicType, TupleType, normalize, parse

from chain_sim.ethereum.abi.errors import InvalidAbi

MAX_TYPE_CHARACTERS = 1_000
# The parser and the encoders recurse.
MAX_TUPLE_DEPTH = 16
MAX_ARRAY_DEPTH = 8
MAX_LEAVES = 4_096
SHOWN_CHARACTERS = 80
TOO_DEEP_ARRAY = re.compile(rf"(?:\[[0-9]*\]){{{MAX_ARRAY_DEPTH + 1}}}")
SCALARS = ("uint", "int", "address", "bool", "bytes", "string")


@dataclass(frozen=True, slots=True)
class ValueType:
    """One type; `kind` is a base name, `array` or `tuple`.

    `size` is the bits of a number, the bytes of `bytes32`, the length of a fixed array;
    None where the length is free. `items` are the type of an array's items, or the
    types of a tuple's, whose names are in `names` where they are known.
    """

    kind: str
    size: int | None = None
    items: tuple["ValueType", ...] = ()
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The canonical name, which selectors are made of."""
        if self.kind == "array":
            length = "" if self.size is None else str(self.size)
            return f"{self.items[0].text}[{length}]"
        if self.kind == "tuple":
            return f"({','.join(item.text for item in self.items)})"
        return f"{self.kind}{'' if self.size is None else self.size}"

    @property
    def leaf_count(self) -> int:
        """How many values one has at least; arrays of free length count as one."""
        if self.kind == "array":
            return (1 if self.size is None else self.size) * self.items[0].leaf_count
        return sum(item.leaf_count for item in self.items) if self.items else 1

    @property
    def has_length(self) -> bool:
        """True where a value's length is free: its size can be a size parameter."""
        return self.size is None and self.kind in ("bytes", "string", "array")


def parse_type(text: str) -> ValueType:
    """The type that `text` names; raises InvalidAbi.

    A type that takes no bytes is refused: an array of a billion of them would be free.
    """
    if len(text) > MAX_TYPE_CHARACTERS:
        raise _unusable(text, f"is a type of {len(text)} characters")
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth > MAX_TUPLE_DEPTH:
            raise _unusable(text, f"has more than {MAX_TUPLE_DEPTH} nested tuples")
    if TOO_DEEP_ARRAY.search(text):
        raise _unusable(text, f"has more than {MAX_ARRAY_DEPTH} nested arrays")
    try:
        found = parse(normalize(text))  # type: ignore[no-untyped-call]
        found.validate()
    except (ParseError, ValueError) as error:
        raise _unusable(text, "is no type of Solidity's ABI") from error
    converted = _converted(found, text)
    if converted.leaf_count > MAX_LEAVES:
        raise _unusable(text, f"has more than {MAX_LEAVES} values")
    return converted


def _converted(found: ABIType, text: str) -> ValueType:
    if found.is_array:
        (*_, last) = found.arrlist
        size = int(last[0]) if last else None
        return ValueType("array", size, (_converted(found.item_type, text),))
    if isinstance(found, TupleType):
        items = tuple(_converted(item, text) for item in found.components)
        return ValueType("tuple", None, items)
    if not isinstance(found, BasicType) or found.base not in SCALARS:
        raise _unusable(text, "has a type that is not supported")
    return ValueType(found.base, None if found.sub is None else int(found.sub))


def _unusable(text: str, reason: str) -> InvalidAbi:
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
    return InvalidAbi(f"{shown!r} {reason}")
