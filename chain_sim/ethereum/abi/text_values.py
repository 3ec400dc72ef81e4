"""Arguments of a contract's function: text to values of the ABI's types, and back.

Arrays are `[1,2]` and tuples `(1,true)`; inside them a string may stand in double
quotes, as in JSON. Numbers are decimal, `0x`, or amounts as `1ether`.
"""

import json
from collections.abc import Sequence
from typing import Any

from eth_abi.grammar import ABIType, BasicType, TupleType

from chain_sim.ethereum.abi.numbers import parse_integer
from chain_sim.ethereum.primitives.text import (
    Address,
    InvalidText,
    format_address,
    format_data,
    parse_address,
    parse_data,
)

OPENING = "[("
CLOSING = "])"


def type_name(abi_type: ABIType) -> str:
    """The canonical name, as eth-abi takes it."""
    return str(abi_type.to_type_str())  # type: ignore[no-untyped-call]


def parse_value(abi_type: ABIType, text: str) -> Any:
    """The value of `abi_type` that `text` gives; raises InvalidText."""
    if abi_type.is_array:
        return _parse_array(abi_type, text)
    if isinstance(abi_type, TupleType):
        parts = split_items(text, "()", type_name(abi_type))
        return _parse_each(abi_type.components, parts, type_name(abi_type), text)
    if not isinstance(abi_type, BasicType) or abi_type.base not in PARSERS:
        raise InvalidText("an ABI type", type_name(abi_type), "not supported")
    return PARSERS[abi_type.base](abi_type, text)


def show_value(abi_type: ABIType, value: Any) -> Any:
    """A decoded value for JSON: numbers, `0x` text, checksummed addresses, lists."""
    if abi_type.is_array:
        return [show_value(abi_type.item_type, item) for item in value]
    if isinstance(abi_type, TupleType):
        pairs = zip(abi_type.components, value, strict=True)
        return [show_value(component, item) for component, item in pairs]
    if isinstance(value, bytes):
        return format_data(value)
    if isinstance(abi_type, BasicType) and abi_type.base == "address":
        return format_address(Address(bytes.fromhex(value.removeprefix("0x"))))
    return value


def split_items(text: str, brackets: str, kind: str) -> list[str]:
    """What stands between the brackets, split at the commas of the outermost level."""
    inner = text.strip()
    if inner[:1] != brackets[0] or inner[-1:] != brackets[1] or len(inner) < 2:
        raise InvalidText(kind, text, f"write {brackets[0]}a,b{brackets[1]}")
    items, depth, start, is_quoted = [], 0, 1, False
    for position, letter in enumerate(inner[:-1]):
        if letter == '"' and inner[position - 1] != "\\":
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif letter in OPENING:
            depth += 1
        elif letter in CLOSING:
            depth -= 1
        elif letter == "," and depth == 1:
            items.append(inner[start:position])
            start = position + 1
    if depth != 1 or is_quoted:
        raise InvalidText(kind, text, "brackets or quotes do not match")
    last = inner[start:-1]
    return [item.strip() for item in (*items, last)] if items or last.strip() else []


def _parse_array(abi_type: ABIType, text: str) -> list[Any]:
    kind = type_name(abi_type)
    parts = split_items(text, "[]", kind)
    length = abi_type.arrlist[-1]
    if length and len(parts) != length[0]:
        raise InvalidText(kind, text, f"{len(parts)} items, not {length[0]}")
    return [parse_value(abi_type.item_type, part) for part in parts]


def _parse_each(
    types: Sequence[ABIType], parts: Sequence[str], kind: str, text: str
) -> tuple[Any, ...]:
    if len(parts) != len(types):
        raise InvalidText(kind, text, f"{len(parts)} items, not {len(types)}")
    pairs = zip(types, parts, strict=True)
    return tuple(parse_value(abi_type, part) for abi_type, part in pairs)


def _parse_bounded(abi_type: BasicType, text: str) -> int:
    kind, bits = type_name(abi_type), int(abi_type.sub)
    number = parse_integer(text)
    is_signed = abi_type.base == "int"
    low, high = (-(1 << bits - 1), 1 << bits - 1) if is_signed else (0, 1 << bits)
    if not low <= number < high:
        raise InvalidText(kind, text, "out of range")
    return number


def _parse_address(_: BasicType, text: str) -> str:
    return format_data(parse_address(text))


def _parse_bool(_: BasicType, text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidText("bool", text, "give true or false")
    return text == "true"


def _parse_bytes(abi_type: BasicType, text: str) -> bytes:
    data = parse_data(text)
    if abi_type.sub is not None and len(data) != abi_type.sub:
        raise InvalidText(type_name(abi_type), text, f"{len(data)} bytes")
    return data


def _parse_string(_: BasicType, text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError as error:
            raise InvalidText("string", text, "not a JSON string") from error
    return text


PARSERS = {
    "uint": _parse_bounded,
    "int": _parse_bounded,
    "address": _parse_address,
    "bool": _parse_bool,
    "bytes": _parse_bytes,
    "string": _parse_string,
}
