"""Types of single values: numbers, text, and bytes as text."""

import math
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from decimal import Decimal
from reprlib import repr as short_repr
from typing import Any, Protocol

from chain_sim.cosmos.schema.walk import Walk

DECIMAL_PLACES = 18
INTEGER_TEXT = re.compile(r"-?(0|[1-9][0-9]{0,154})")
DECIMAL_TEXT = re.compile(r"-?(0|[1-9][0-9]{0,154})(\.[0-9]{1,18})?")
WRITE_DECIMAL = "is a float; write Decimal('1.5')"


class Type(Protocol):
    """A type of values; both ways raise the walk's error with the value's path."""

    @property
    def shown(self) -> str:
        """The type in a word or two, for people."""

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """A value of Python as JSON has it."""

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """A value of JSON as Python has it."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON, unchanged."""

    shown: str = "any JSON"

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.step(path)
        if isinstance(value, str):
            return _whole_text(value, walk, path)
        if value is None or isinstance(value, bool | int):
            return value
        walk.enter(path)
        if isinstance(value, list | tuple):
            found: Any = [
                self.encode(item, walk, f"{path}[{place}]")
                for place, item in enumerate(value)
            ]
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            found = {
                key: self.encode(item, walk, f"{path}.{key}")
                for key, item in value.items()
            }
        elif isinstance(value, float) and math.isfinite(value):
            found = value
        else:
            raise walk.unfit(path, value, "JSON")
        walk.leave()
        return found

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.step(path)
        return value


@dataclass(frozen=True, slots=True)
class Null:
    """Nothing."""

    shown: str = "null"

    def encode(self, value: Any, walk: Walk, path: str) -> None:
        """See Type."""
        walk.step(path)
        if value is not None:
            raise walk.unfit(path, value, self.shown)

    decode = encode


@dataclass(frozen=True, slots=True)
class Boolean:
    """Yes or no."""

    shown: str = "boolean"

    def encode(self, value: Any, walk: Walk, path: str) -> bool:
        """See Type."""
        walk.step(path)
        if not isinstance(value, bool):
            raise walk.unfit(path, value, self.shown)
        return value

    decode = encode


@dataclass(frozen=True, slots=True)
class Number:
    """A floating-point number."""

    shown: str = "number"

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.step(path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise walk.unfit(path, value, self.shown)
        if isinstance(value, float) and not math.isfinite(value):
            raise walk.unfit(path, value, self.shown)
        return value

    def decode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type; fractions are Decimal."""
        walk.step(path)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise walk.unfit(path, value, self.shown)
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between two bounds; JSON has it as text if `is_text`."""

    shown: str
    least: int
    most: int
    is_text: bool = False

    def encode(self, value: Any, walk: Walk, path: str) -> Any:
        """See Type."""
        walk.step(path)
        number = self._checked(value, walk, path)
        return str(number) if self.is_text else number

    def decode(self, value: Any, walk: Walk, path: str) -> int:
        """See Type."""
        walk.step(path)
        if self.is_text:
            if not isinstance(value, str) or not INTEGER_TEXT.fullmatch(value):
                raise walk.unfit(path, value, self.shown)
            value = int(value)
        return self._checked(value, walk, path)

    def _checked(self, value: Any, walk: Walk, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise walk.unfit(path, value, self.shown)
        if not self.least <= value <= self.most:
            raise walk.fault(
                path,
                f"{short_repr(value)} does not fit {self.shown}"
                f" ({self.least} ... {self.most})",
            )
        return value


@dataclass(frozen=True, slots=True)
class DecimalNumber:
    """A decimal number with up to 18 places, in JSON as text; bounds are times 1e18."""

    shown: str
    least: int
    most: int

    def encode(self, value: Any, walk: Walk, path: str) -> str:
        """See Type; takes int and Decimal."""
        walk.step(path)
        if isinstance(value, float):
            raise walk.fault(path, f"{value} {WRITE_DECIMAL}")
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise walk.unfit(path, value, self.shown)
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        if "." in text:
            text = text.rstrip("0").removesuffix(".")
        self._check(text, walk, path)
        return text

    def decode(self, value: Any, walk: Walk, path: str) -> Decimal:
        """See Type."""
        walk.step(path)
        if not isinstance(value, str):
            raise walk.unfit(path, value, self.shown)
        self._check(value, walk, path)
        return Decimal(value)

    def _check(self, text: str, walk: Walk, path: str) -> None:
        if not DECIMAL_TEXT.fullmatch(text):
            raise walk.unfit(path, text, f"{self.shown} of up to 18 places")
        whole, _, places = text.partition(".")
        if (
            not self.least
            <= int(whole + places.ljust(DECIMAL_PLACES, "0"))
            <= self.most
        ):
            raise walk.fault(path, f"{short_repr(text)} does not fit {self.shown}")


@dataclass(frozen=True, slots=True)
class Text:
    """Text; a contract or an account stands for its address."""

    shown: str = "string"

    def encode(self, value: Any, walk: Walk, path: str) -> str:
        """See Type."""
        text = self.decode(getattr(value, "address", value), walk, path)
        return _whole_text(text, walk, path)

    def decode(self, value: Any, walk: Walk, path: str) -> str:
        """See Type."""
        walk.step(path)
        if not isinstance(value, str):
            raise walk.unfit(path, value, self.shown)
        return value


@dataclass(frozen=True, slots=True)
class Base64Bytes:
    """Bytes, in JSON as base64."""

    shown: str = "Binary"

    def encode(self, value: Any, walk: Walk, path: str) -> str:
        """See Type."""
        walk.step(path)
        if not isinstance(value, bytes | bytearray):
            raise walk.unfit(path, value, f"bytes, for {self.shown}")
        return b64encode(value).decode()

    def decode(self, value: Any, walk: Walk, path: str) -> bytes:
        """See Type."""
        walk.step(path)
        try:
            return b64decode(value, validate=True)
        except (TypeError, ValueError) as error:
            raise walk.unfit(path, value, self.shown) from error


@dataclass(frozen=True, slots=True)
class HexBytes:
    """Bytes, in JSON as hexadecimal digits; `size` of them, or as many as there are."""

    shown: str = "HexBinary"
    size: int | None = None

    def encode(self, value: Any, walk: Walk, path: str) -> str:
        """See Type."""
        walk.step(path)
        if not isinstance(value, bytes | bytearray) or self._is_short(value):
            raise walk.unfit(path, value, f"bytes, for {self.shown}")
        return value.hex()

    def decode(self, value: Any, walk: Walk, path: str) -> bytes:
        """See Type."""
        walk.step(path)
        if not isinstance(value, str) or not re.fullmatch(r"([0-9a-fA-F]{2})*", value):
            raise walk.unfit(path, value, self.shown)
        found = bytes.fromhex(value)
        if self._is_short(found):
            raise walk.unfit(path, value, self.shown)
        return found

    def _is_short(self, content: bytes | bytearray) -> bool:
        return self.size is not None and len(content) != self.size


def _whole_text(value: str, walk: Walk, path: str) -> str:
    """Text without halves of characters, which JSON cannot carry."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise walk.fault(path, f"{short_repr(value)} has half a character") from error
    return value


def integer(shown: str, bits: int, *, is_signed: bool, is_text: bool) -> Integer:
    """A whole number of so many bits."""
    least, most = bounds(bits, is_signed=is_signed)
    return Integer(shown, least, most, is_text)


def decimal(shown: str, bits: int, *, is_signed: bool) -> DecimalNumber:
    """A decimal number whose value times 1e18 has so many bits."""
    return DecimalNumber(shown, *bounds(bits, is_signed=is_signed))


def bounds(bits: int, *, is_signed: bool) -> tuple[int, int]:
    """The least and the greatest number."""
    if is_signed:
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1


ADDRESS = Text("Addr")
TIMESTAMP = integer("Timestamp", 64, is_signed=False, is_text=True)
# The types of cosmwasm-std that JSON has as text, by name.
STANDARD: dict[str, Type] = {
    "Addr": ADDRESS,
    "Binary": Base64Bytes(),
    "HexBinary": HexBytes(),
    "Checksum": HexBytes("Checksum", 32),
    "Timestamp": TIMESTAMP,
    "Decimal": decimal("Decimal", 128, is_signed=False),
    "Decimal256": decimal("Decimal256", 256, is_signed=False),
    "SignedDecimal": decimal("SignedDecimal", 128, is_signed=True),
    "SignedDecimal256": decimal("SignedDecimal256", 256, is_signed=True),
    **{
        f"{word}{bits}": integer(
            f"{word}{bits}", bits, is_signed=word == "Int", is_text=True
        )
        for word in ("Uint", "Int")
        for bits in (64, 128, 256, 512)
    },
}
