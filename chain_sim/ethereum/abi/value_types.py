"""The types of Solidity's ABI as values of ours: read from text, and written so."""

from dataclasses import dataclass

from eth_abi.grammar import ABIType, BasicType, TupleType

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.types import InvalidType, parse_abi_type

MAX_LEAVES = 4_096
FUNCTION_BYTES = 24
SCALARS = ("uint", "int", "address", "bool", "bytes", "string", "function")


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
    """The type that `text` names; raises InvalidAbi."""
    try:
        found = parse_abi_type(text)
    except InvalidType as error:
        raise InvalidAbi(str(error)) from error
    converted = _converted(found, text)
    if converted.leaf_count > MAX_LEAVES:
        raise InvalidAbi(f"{text!r}: more than {MAX_LEAVES} values in one")
    return converted


def _converted(found: ABIType, text: str) -> ValueType:
    if found.is_array:
        return _array(found, text)
    if isinstance(found, TupleType):
        return ValueType(
            "tuple", None, tuple(_converted(item, text) for item in found.components)
        )
    if not isinstance(found, BasicType) or found.base not in SCALARS:
        raise InvalidAbi(f"{text!r}: {found.to_type_str()} is not supported")  # type: ignore[no-untyped-call]
    if found.base == "function":
        return ValueType("bytes", FUNCTION_BYTES)
    size = None if found.sub is None else int(found.sub)
    return ValueType(found.base, size)


def _array(found: ABIType, text: str) -> ValueType:
    (*_, last) = found.arrlist
    size = int(last[0]) if last else None
    return ValueType("array", size, (_converted(found.item_type, text),))
