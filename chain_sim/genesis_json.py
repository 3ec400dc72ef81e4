"""Strict reading of a genesis file's JSON: every refusal names the place."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn, Self

from chain_sim.errors import InvalidGenesis
from chain_sim.primitives import (
    ADDRESS_BYTES,
    InvalidText,
    parse_address,
    parse_data,
    parse_quantity,
)

TOP = "file"
MAX_DEPTH = 8
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class JsonObject:
    """A JSON object whose members are asked for by key and checked on the way."""

    def __init__(self, content: dict[str, object], place: str) -> None:
        self._content = content
        self._place = place
        self._asked: set[str] = set()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The object that is the whole of `text`."""
        _refuse_deep_nesting(text)
        try:
            content = json.loads(text, object_pairs_hook=_without_duplicates)
        except json.JSONDecodeError as error:
            reason = f"not JSON: {error.msg} in line {error.lineno}"
            raise InvalidGenesis(TOP, reason) from error
        if not isinstance(content, dict):
            raise InvalidGenesis(TOP, "not an object")
        return cls(content, "")

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def member_object(self, key: str) -> "JsonObject":
        """The object at `key`."""
        value = self._member(key)
        if not isinstance(value, dict):
            self.refuse(key, "not an object")
        return JsonObject(value, self._place_of(key))

    def name(self, key: str) -> str:
        """The text at `key`; not empty."""
        text = self._text(key)
        if not text:
            self.refuse(key, "empty")
        return text

    def quantity(self, key: str, minimum: int, maximum: int) -> int:
        """The number at `key`, both bounds included."""
        text = self._text(key)
        try:
            number = parse_quantity(text)
        except InvalidText as error:
            raise InvalidGenesis(self._place_of(key), str(error)) from error
        if not minimum <= number <= maximum:
            self.refuse(key, f"not between {minimum} and {maximum}")
        return number

    def data(self, key: str, length: int | None = None) -> bytes:
        """The bytes at `key`, of exactly `length` if given."""
        return self._parsed_data(key, self._text(key), length)

    def key_data(self, key: str, length: int) -> bytes:
        """The bytes that the key itself spells."""
        return self._parsed_data(key, key, length)

    def refuse_other_keys(self) -> None:
        """Raise InvalidGenesis for a member that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                self.refuse(key, "unknown key")

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise InvalidGenesis for the member at `key`."""
        raise InvalidGenesis(self._place_of(key), reason)

    def _member(self, key: str) -> object:
        if key not in self._content:
            self.refuse(key, "missing")
        self._asked.add(key)
        return self._content[key]

    def _text(self, key: str) -> str:
        value = self._member(key)
        if not isinstance(value, str):
            self.refuse(key, "not a string")
        return value

    def _parsed_data(self, key: str, text: str, length: int | None) -> bytes:
        try:
            is_address = length == ADDRESS_BYTES
            data = parse_address(text) if is_address else parse_data(text)
        except InvalidText as error:
            raise InvalidGenesis(self._place_of(key), str(error)) from error
        if length is not None and len(data) != length:
            self.refuse(key, f"{len(data)} bytes, not {length}")
        return data

    def _place_of(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key


def _refuse_deep_nesting(text: str) -> None:
    """Python's reader recurses, and trusts a limit that other code may have raised."""
    depth = 0
    for character in STRING.sub("", text):
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise InvalidGenesis(TOP, "nested too deeply")


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content: dict[str, object] = {}
    for key, value in pairs:
        if key in content:
            raise InvalidGenesis(key, "the key stands here twice")
        content[key] = value
    return content
