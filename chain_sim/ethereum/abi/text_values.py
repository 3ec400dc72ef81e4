"""Arguments of a contract's function: text to values of the ABI's types, and back.

Arrays are `[1,2]` and tuples `(1,true)`; inside them a string may be in double
quotes, as in JSON. Numbers are decimal, `0x`, or amounts as `1ether`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from chain_sim.ethereum.abi.numbers import parse_integer
from chain_sim.ethereum.abi.types import ValueType
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


def parse_value(value_type: ValueType, text: str) -> Any:
    """The value of `value_type` that `text` gives; raises InvalidText."""
    return PARSERS[value_type.kind](value_type, text)


def show_value(value_type: ValueType, value: Any) -> Any:
    """A decoded value for JSON: numbers, `0x` text, checksummed addresses, lists."""
    if value_type.kind == "array":
        return [show_value(value_type.items[0], item) for item in value]
    if value_type.kind == "tuple":
        pairs = zip(value_type.items, value, strict=True)
        return [show_value(item_type, item) for item_type, item in pairs]
    if isinstance(value, bytes):
        return format_data(value)
    if value_type.kind == "address":
        return format_address(Address(bytes.fromhex(value.removeprefix("0x"))))
    return value


def split_items(text: str, brackets: str, kind: str) -> list[str]:
    """The text between the brackets, split at the commas of the outermost level."""
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


def _parse_array(array: ValueType, text: str) -> list[Any]:
    parts = split_items(text, "[]", array.text)
    if array.size is not None:
        _require_count(array, parts, array.size, text)
    return [parse_value(array.items[0], part) for part in parts]


def _parse_tuple(types: ValueType, text: str) -> tuple[Any, ...]:
    parts = split_items(text, "()", types.text)
    _require_count(types, parts, len(types.items), text)
    pairs = zip(types.items, parts, strict=True)
    return tuple(parse_value(item_type, part) for item_type, part in pairs)


def _require_count(
    value_type: ValueType, parts: Sequence[str], count: int, text: str
) -> None:
    if len(parts) != count:
        raise InvalidText(value_type.text, text, f"{len(parts)} items, not {count}")


def _parse_bounded(number_type: ValueType, text: str) -> int:
    bits = number_type.size or 256
    number = parse_integer(text)
    is_signed = number_type.kind == "int"
    low, high = (-(1 << bits - 1), 1 << bits - 1) if is_signed else (0, 1 << bits)
    if not low <= number < high:
        raise InvalidText(number_type.text, text, "out of range")
    return number


def _parse_address(_: ValueType, text: str) -> str:
    return format_data(parse_address(text))


def _parse_bool(_: ValueType, text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidText("bool", text, "give true or false")
    return text == "true"


def _parse_bytes(bytes_type: ValueType, text: str) -> bytes:
    data = parse_data(text)
    if bytes_type.size is not None and len(data) != bytes_type.size:
        raise InvalidText(bytes_type.text, text, f"{len(data)} bytes")
    return data


def _parse_string(_: ValueType, text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return msgspec.json.decode(text, type=str)
        except ValueError as error:
            raise InvalidText("string", text, "not a JSON string") from error
    return text


PARSERS: dict[str, Callable[[ValueType, str], Any]] = {
    "uint": _parse_bounded,
    "int": _parse_bounded,
    "address": _parse_address,
    "bool": _parse_bool,
    "bytes": _parse_bytes,
    "string": _parse_string,
    "array": _parse_array,
    "tuple": _parse_tuple,
}
