"""Types of Solidity's ABI, parsed from text within limits of length and depth."""

import re
from functools import lru_cache

from msgspec import Struct

from chain_sim.ethereum.abi.errors import InvalidAbi

MAX_TYPE_CHARACTERS = 1_000
# The parser and the encoders recurse.
MAX_TUPLE_DEPTH = 16
MAX_ARRAY_DEPTH = 8
MAX_LEAVES = 4_096
SHOWN_CHARACTERS = 80
TOO_DEEP_ARRAY = re.compile(rf"(?:\[[0-9]*\]){{{MAX_ARRAY_DEPTH + 1}}}")
SCALARS = ("uint", "int", "address", "bool", "bytes", "string")
ALIASES = {"uint": "uint256", "int": "int256", "function": "bytes24", "byte": "bytes1"}
NAME = re.compile(r"([A-Za-z]+)((?:[1-9][0-9]*)?)((?:x[1-9][0-9]*)?)")
LENGTH = re.compile(r"\[((?:[1-9][0-9]*)?)\]")
WORD_BYTES = 32
WHOLE_BYTES = tuple(str(bits) for bits in range(8, 257, 8))
SIZES = {
    "uint": WHOLE_BYTES,
    "int": WHOLE_BYTES,
    "bytes": ("", *(str(count) for count in range(1, WORD_BYTES + 1))),
}
NO_TYPE = "is no type of Solidity's ABI"


class ValueType(Struct, frozen=True):
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
    def is_dynamic(self) -> bool:
        """True where the head has only a pointer to the value."""
        return self.has_length or any(item.is_dynamic for item in self.items)

    @property
    def head_bytes(self) -> int:
        """The length in the head of what holds it: the value, or a pointer to it."""
        return WORD_BYTES * (1 if self.is_dynamic else self.leaf_count)

    @property
    def numbers(self) -> range:
        """What a number, or the number that stands for a bool or an address, may be."""
        bits = {"bool": 1, "address": 160}.get(self.kind, self.size or 0)
        if self.kind == "int":
            return range(-(1 << bits - 1), 1 << bits - 1)
        return range(1 << bits)

    @property
    def has_length(self) -> bool:
        """True where a value's length is free: its size can be a size parameter."""
        return self.size is None and self.kind in ("bytes", "string", "array")


@lru_cache(maxsize=1024)
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
    found, end = _read_type(text, 0)
    if end != len(text):
        raise _unusable(text, NO_TYPE)
    if found.leaf_count > MAX_LEAVES:
        raise _unusable(text, f"has more than {MAX_LEAVES} values")
    return found


def _read_type(text: str, start: int) -> tuple[ValueType, int]:
    """The type that begins at `start`, and where it ends."""
    if text[start : start + 1] == "(":
        item, end = _read_type(text, start + 1)
        items = [item]
        while text[end : end + 1] == ",":
            item, end = _read_type(text, end + 1)
            items.append(item)
        if text[end : end + 1] != ")":
            raise _unusable(text, NO_TYPE)
        found, end = ValueType("tuple", None, tuple(items)), end + 1
    else:
        found, end = _read_scalar(text, start)
    while length := LENGTH.match(text, end):
        found = ValueType("array", int(length[1]) if length[1] else None, (found,))
        end = length.end()
    return found, end


def _read_scalar(text: str, start: int) -> tuple[ValueType, int]:
    name = NAME.match(text, start)
    if name is None:
        raise _unusable(text, NO_TYPE)
    kind, size, places = (
        NAME.fullmatch(ALIASES.get(name[0], name[0])) or name
    ).groups()
    if kind not in SCALARS:
        raise _unusable(text, "has a type that is not supported")
    sizes = SIZES.get(kind, ("",))
    if places or size not in sizes:
        raise _unusable(text, NO_TYPE)
    return ValueType(kind, int(size) if size else None), name.end()


def _unusable(text: str, reason: str) -> InvalidAbi:
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
    return InvalidAbi(f"{shown!r} {reason}")
