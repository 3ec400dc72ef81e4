"""Decoding of ABI values from untrusted bytes, in bounded time.

In that form many pointers may lead to one place, so that a kilobyte can stand for
terabytes. A compiler's encoder writes each value once.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from chain_sim.ethereum.abi.types import WORD_BYTES, ValueType, parse_type
from chain_sim.ethereum.primitives.text import ADDRESS_BYTES, format_data
from contractvm.errors import ContractVmError

# Once is enough for what an encoder wrote; hand-made data may let values share a place.
READS_PER_BYTE = 8
FREE_BYTES = 64 * 1024


class MalformedAbiData(ContractVmError):
    """Bytes that are no values of these types, or read the same again and again."""

    def __init__(self, types: tuple[str, ...]) -> None:
        super().__init__(f"not data of the types ({','.join(types)})")
        self.types = types


class _Malformed(Exception):
    """Ends the reading; nothing outside this file sees it."""


class _Data:
    """The bytes, and how many may still be read."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data
        self._left = READS_PER_BYTE * len(data) + FREE_BYTES

    def read(self, at: int, size: int) -> bytes:
        self._left -= max(size, WORD_BYTES)
        _require(at + size <= self.size and self._left >= 0)
        return self._data[at : at + size]

    def number(self, at: int) -> int:
        return int.from_bytes(self.read(at, WORD_BYTES), "big")

    def pointed(self, start: int, at: int, heads_end: int) -> int:
        """Where the pointer at `at` leads, counted from `start`: after the heads."""
        place = start + self.number(at)
        _require(heads_end <= place < self.size)
        return place


def decode_values(types: Iterable[str], data: bytes) -> tuple[Any, ...]:
    """The values: arrays as tuples, addresses as `0x` text in lower case.

    Raises MalformedAbiData.
    """
    names = tuple(types)
    try:
        return _sequence([parse_type(name) for name in names], _Data(data), 0)
    except (_Malformed, UnicodeDecodeError) as error:
        raise MalformedAbiData(names) from error


def _sequence(types: Sequence[ValueType], data: _Data, start: int) -> tuple[Any, ...]:
    """Values whose heads begin at `start`."""
    heads_end = start + sum(item.head_bytes for item in types)
    values, at = [], start
    for item in types:
        if item.is_dynamic:
            values.append(_value(item, data, data.pointed(start, at, heads_end)))
        else:
            values.append(_value(item, data, at))
        at += item.head_bytes
    return tuple(values)


def _value(value_type: ValueType, data: _Data, at: int) -> Any:
    match value_type.kind:
        case "tuple":
            return _sequence(value_type.items, data, at)
        case "array":
            count, start = value_type.size, at
            if count is None:
                count, start = data.number(at), at + WORD_BYTES
            # Checked before there is a list as long as the data claims.
            _require(start + count * value_type.items[0].head_bytes <= data.size)
            return _sequence(value_type.items * count, data, start)
        case "string" | "bytes" as kind:
            size, start = value_type.size, at
            if size is None:
                size, start = data.number(at), at + WORD_BYTES
            content = _content(data, start, size)
            return content.decode() if kind == "string" else content
    return _scalar(value_type, data.read(at, WORD_BYTES))


def _scalar(value_type: ValueType, word: bytes) -> int | bool | str:
    number = int.from_bytes(word, "big", signed=value_type.kind == "int")
    _require(number in value_type.numbers)
    if value_type.kind == "address":
        return format_data(number.to_bytes(ADDRESS_BYTES, "big"))
    return bool(number) if value_type.kind == "bool" else number


def _content(data: _Data, at: int, size: int) -> bytes:
    """So many bytes, and zeros up to a whole word."""
    padded = data.read(at, size + -size % WORD_BYTES)
    _require(not any(padded[size:]))
    return padded[:size]


def _require(is_well_formed: bool) -> None:
    if not is_well_formed:
        raise _Malformed
