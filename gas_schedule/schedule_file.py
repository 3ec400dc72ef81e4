"""Tables of a schedule file: typed access to keys, and errors that name a line."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from gas_schedule.errors import ScheduleError
from gas_schedule.file_format import MAX_COST, UNAFFORDABLE, UNAFFORDABLE_UNITS

KEY = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
DOTTED_KEY = rf"{KEY}(?:\s*\.\s*{KEY})*"
HEADER = re.compile(rf"\s*\[\s*({DOTTED_KEY})\s*\]")
SHOWN_CHARACTERS = 80
SHOWN_BITS = 256
ASSIGNMENT = re.compile(rf"\s*({DOTTED_KEY})\s*=")


class ScheduleFile(Struct, frozen=True):
    """A file's path and text, for errors that point into it."""

    path: Path
    text: str

    def root(self, values: dict[str, object]) -> "ScheduleTable":
        """The file's top level."""
        return ScheduleTable(self, (), values)

    def line_of(self, keys: tuple[str, ...]) -> int | None:
        """The line of the key, else of the table it is missing from, else None."""
        best_line, best_length = None, 0
        header: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), start=1):
            if found := HEADER.match(line):
                written = header = _split_key(found[1])
            elif found := ASSIGNMENT.match(line):
                written = header + _split_key(found[1])
            else:
                continue
            if written[: len(keys)] == keys:
                return number
            if len(written) > best_length and keys[: len(written)] == written:
                best_line, best_length = number, len(written)
        return best_line


def _shortened(key: str) -> str:
    """A key for a message; an untrusted one may be as long as the file."""
    return key if len(key) <= SHOWN_CHARACTERS else f"{key[:SHOWN_CHARACTERS]}..."


def _shown(number: int) -> str:
    """A number for a message: Python writes none that has thousands of digits."""
    bits = number.bit_length()
    return str(number) if bits <= SHOWN_BITS else f"a number of {bits} bits"


def _split_key(dotted: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in re.findall(KEY, dotted))


@dataclass(frozen=True, slots=True)
class ScheduleTable:
    """One table of the file; `keys_above` says where it is."""

    file: ScheduleFile = field(compare=False)
    keys_above: tuple[str, ...]
    values: dict[str, object]

    @property
    def keys(self) -> tuple[str, ...]:
        """The table's keys in the file's order."""
        return tuple(self.values)

    def error(self, reason: str, key: str) -> ScheduleError:
        """An error about one key of this table."""
        keys = (*self.keys_above, key)
        dotted = ".".join(
            part if re.fullmatch(r"\w+", part) else f'"{part}"'
            for part in map(_shortened, keys)
        )
        return ScheduleError(reason, self.file.path, dotted, self.file.line_of(keys))

    def refuse_unknown_keys(self, known: Collection[str]) -> None:
        """Raise for the first key that the format does not name."""
        for key in self.values:
            if key not in known:
                raise self.error("unknown key", key)

    def holds_table(self, key: str) -> bool:
        """True if the key's value is a table, inline or with a header."""
        return isinstance(self.values.get(key), dict)

    def table(self, key: str) -> "ScheduleTable":
        """The table at `key`."""
        value = self._value(key)
        if not isinstance(value, dict):
            raise self.error("must be a table", key)
        return ScheduleTable(self.file, (*self.keys_above, key), value)

    def numbers(self, key: str) -> "ScheduleTable":
        """The table at `key`, which holds whole numbers only."""
        if not self.holds_table(key):
            raise self.error("unknown key", key)
        found = self.table(key)
        for name in found.keys:
            found.number(name)
        return found

    def text(self, key: str) -> str:
        """The text at `key`; empty text is refused."""
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error("must be a text", key)
        return value

    def number(self, key: str, minimum: int = 0, default: int | None = None) -> int:
        """The whole number at `key`, from `minimum` to MAX_COST."""
        if default is not None and key not in self.values:
            return default
        value = self._value(key)
        # True and False are integers to Python, but not in a schedule.
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error("must be a whole number", key)
        if value < minimum:
            raise self.error(f"must be at least {minimum}, is {_shown(value)}", key)
        if value > MAX_COST:
            raise self.error(f"must be at most {MAX_COST}, is {_shown(value)}", key)
        return value

    def price(self, key: str) -> int:
        """The number at `key`, or that of UNAFFORDABLE."""
        if self._value(key) == UNAFFORDABLE:
            return UNAFFORDABLE_UNITS
        return self.number(key)

    def _value(self, key: str) -> object:
        if key not in self.values:
            raise self.error("missing", key)
        return self.values[key]
