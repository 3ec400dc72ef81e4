"""Encoding of values in Solidity's ABI: heads in order, then what has a free length."""

from collections.abc import Sequence
from typing import Any

from chain_sim.ethereum.abi.errors import UnencodableValue
from chain_sim.ethereum.abi.types import WORD_BYTES, ValueType
from chain_sim.ethereum.primitives.text import ADDRESS_BYTES, InvalidText, parse_address


def encode_values(types: Sequence[ValueType], values: Sequence[Any]) -> bytes:
    """One value of each type; raises UnencodableValue.

    Numbers are int, addresses 20 bytes or `0x` text, arrays and tuples lists or tuples.
    """
    if not _is_list(values) or len(values) != len(types):
        raise UnencodableValue(f"({','.join(item.text for item in types)})", values)
    parts = [_encode(*pair) for pair in zip(types, values, strict=True)]
    tail_start = sum(item.head_bytes for item in types)
    heads, tails = [], []
    for value_type, part in zip(types, parts, strict=True):
        if value_type.is_dynamic:
            heads.append(_word(tail_start))
            tails.append(part)
            tail_start += len(part)
        else:
            heads.append(part)
    return b"".join(heads + tails)


def _encode(value_type: ValueType, value: Any) -> bytes:
    match value_type.kind:
        case "tuple":
            return encode_values(value_type.items, value)
        case "array":
            return _encode_array(value_type, value)
        case "string" | "bytes" if value_type.size is None:
            content = _content(value_type, value)
            return _word(len(content)) + _padded(content)
        case "bytes":
            return _padded(_content(value_type, value))
    return _word(_number(value_type, value))


def _encode_array(array: ValueType, value: Any) -> bytes:
    if not _is_list(value) or array.size not in (None, len(value)):
        raise UnencodableValue(array.text, value)
    items = encode_values(array.items * len(value), value)
    return items if array.size is not None else _word(len(value)) + items


def _content(value_type: ValueType, value: Any) -> bytes:
    if value_type.kind == "string" and isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise UnencodableValue(value_type.text, value) from error
    is_bytes = value_type.kind == "bytes" and isinstance(value, bytes | bytearray)
    if not is_bytes or (value_type.size is not None and len(value) > value_type.size):
        raise UnencodableValue(value_type.text, value)
    return bytes(value)


def _number(value_type: ValueType, value: Any) -> int:
    """The 256 bits of a number, a bool or an address; below zero as Python has it."""
    if value_type.kind == "address":
        return int.from_bytes(_address(value), "big")
    is_its_type = isinstance(value, bool) is (value_type.kind == "bool")
    if not isinstance(value, int) or not is_its_type or value not in value_type.numbers:
        raise UnencodableValue(value_type.text, value)
    return value


def _address(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray) and len(value) == ADDRESS_BYTES:
        return bytes(value)
    if not isinstance(value, str):
        raise UnencodableValue("address", value)
    try:
        return parse_address(value)
    except InvalidText as error:
        raise UnencodableValue("address", value) from error


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big", signed=number < 0)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % WORD_BYTES)
