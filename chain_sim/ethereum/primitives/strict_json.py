"""Strict reading of JSON files: no repeated or unknown keys, and errors name a place.

The caller supplies the class of the errors.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    InvalidText,
    parse_address,
    parse_data,
    parse_quantity,
)
from contractvm.errors import ContractVmError

TOP = "file"
MAX_DEPTH = 10
# A Python value takes up to 250 bytes, however short it is in the file.
MAX_VALUES = 1_000_000
SHOWN_CHARACTERS = 80
# A string, complete or not, or a character that counts values. The pattern never
# backtracks: it looks at each character once.
STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)

Refusal = Callable[[str, str], ContractVmError]
"""Makes an error from the place of the offending value and the reason."""


class JsonObject:
    """A JSON object whose members are checked when they are read by key."""

    def __init__(
        self, content: dict[str, object], place: str, refusal: Refusal
    ) -> None:
        self._content = content
        self._place = place
        self._refusal = refusal
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def member_object(self, key: str) -> "JsonObject":
        """The object at `key`."""
        return self._object(self._member(key), key)

    def objects(self, key: str) -> "list[JsonObject]":
        """The objects in the list at `key`."""
        return [
            self._object(value, f"{key}[{index}]")
            for index, value in enumerate(self._list(key))
        ]

    def data_list(self, key: str, length: int | None = None) -> list[bytes]:
        """The bytes in the list at `key`, each of exactly `length` if given."""
        return [
            self._parsed_data(place, self._checked_text(value, place), length)
            for index, value in enumerate(self._list(key))
            for place in [f"{key}[{index}]"]
        ]

    def is_null(self, key: str) -> bool:
        """Whether the value at `key` is null."""
        return self._member(key) is None

    def name(self, key: str) -> str:
        """The text at `key`; not empty."""
        text = self.text(key)
        if not text:
            self.refuse(key, "empty")
        return text

    def text(self, key: str) -> str:
        """The text at `key`."""
        return self._checked_text(self._member(key), key)

    def quantity(self, key: str, minimum: int, maximum: int) -> int:
        """The number at `key`, both bounds included."""
        return self._parsed_quantity(key, self.text(key), minimum, maximum)

    def key_quantity(self, key: str, minimum: int, maximum: int) -> int:
        """The key itself as a number, both bounds included."""
        return self._parsed_quantity(key, key, minimum, maximum)

    def data(self, key: str, length: int | None = None) -> bytes:
        """The bytes at `key`, of exactly `length` if given."""
        return self._parsed_data(key, self.text(key), length)

    def key_data(self, key: str, length: int) -> bytes:
        """The key itself as bytes."""
        return self._parsed_data(key, key, length)

    def refuse_other_keys(self) -> None:
        """Refuse members that were not read."""
        for key in self._content:
            if key not in self._asked:
                self.refuse(key, "unknown key")

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Refuse the member at `key`."""
        raise self._refusal(self._place_of(key), reason)

    def _member(self, key: str) -> object:
        if key not in self._content:
            self.refuse(key, "missing")
        self._asked.add(key)
        return self._content[key]

    def _list(self, key: str) -> list[object]:
        value = self._member(key)
        if not isinstance(value, list):
            self.refuse(key, "not a list")
        return value

    def _object(self, value: object, key: str) -> "JsonObject":
        return as_object(value, self._refusal, self._place_of(key))

    def _checked_text(self, value: object, key: str) -> str:
        if not isinstance(value, str):
            self.refuse(key, "not a string")
        return value

    def _parsed_quantity(self, key: str, text: str, minimum: int, maximum: int) -> int:
        try:
            number = parse_quantity(text)
        except InvalidText as error:
            raise self._refusal(self._place_of(key), str(error)) from error
        if not minimum <= number <= maximum:
            self.refuse(key, f"not between {minimum} and {maximum}")
        return number

    def _parsed_data(self, key: str, text: str, length: int | None) -> bytes:
        try:
            is_address = length == ADDRESS_BYTES
            data = parse_address(text) if is_address else parse_data(text)
        except InvalidText as error:
            raise self._refusal(self._place_of(key), str(error)) from error
        if length is not None and len(data) != length:
            self.refuse(key, f"{len(data)} bytes, not {length}")
        return data

    def _place_of(self, key: str) -> str:
        key = key if len(key) <= SHOWN_CHARACTERS else f"{key[:SHOWN_CHARACTERS]}..."
        return f"{self._place}.{key}" if self._place else key


def parse_object(text: str, refusal: Refusal) -> JsonObject:
    """The object that is the whole of `text`, in time bounded by its length."""
    return as_object(parse_json(text, refusal), refusal)


def as_object(value: object, refusal: Refusal, place: str = "") -> JsonObject:
    """`value`, found at `place`, which must be an object."""
    if not isinstance(value, dict):
        raise refusal(place or TOP, "not an object")
    return JsonObject(value, place, refusal)


def parse_json(text: str, refusal: Refusal, max_depth: int = MAX_DEPTH) -> object:
    """The value that is the whole of `text`, without repeated keys and without NaN.

    The text's length and MAX_VALUES bound time and memory.
    """
    _refuse_bombs(text, refusal, max_depth)

    def without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
        content: dict[str, object] = {}
        for key, value in pairs:
            if key in content:
                reason = "the key stands here twice"
                raise refusal(key[:SHOWN_CHARACTERS], reason)
            content[key] = value
        return content

    def refuse_constant(name: str) -> NoReturn:
        raise refusal(TOP, f"not JSON: {name}")

    try:
        return json.loads(
            text,
            object_pairs_hook=without_duplicates,
            parse_constant=refuse_constant,
        )
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error.msg} in line {error.lineno}"
        raise refusal(TOP, reason) from error
    except ValueError as error:  # a number with thousands of digits
        raise refusal(TOP, "a number is too long") from error


def decode_text(content: bytes, refusal: Refusal) -> str:
    """The text of a file."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise refusal(TOP, f"not UTF-8 text at byte {error.start}") from error


def _refuse_bombs(text: str, refusal: Refusal, max_depth: int) -> None:
    """Python's parser recurses, up to a limit that other code may have raised."""
    depth = value_count = 0
    for found in STRUCTURE.finditer(text):
        character = text[found.start()]
        if character in "[{":
            depth += 1
            value_count += 1
        elif character in "]}":
            depth -= 1
        elif character == ",":
            value_count += 1
        if depth > max_depth:
            raise refusal(TOP, "nested too deeply")
        if value_count > MAX_VALUES:
            raise refusal(TOP, f"more than {MAX_VALUES} values")
