"""Numbers and bytes in the various forms of other tools."""

import re
from typing import Any, NoReturn

from chain_sim.ethereum.dumps.errors import MalformedDump

HEX = re.compile(r"(?:0x)?([0-9a-fA-F]*)")
# Enough for 256 bits: Python refuses to read thousands of digits.
DECIMAL = re.compile(r"[0-9]{1,78}")
HEX_NUMBER = re.compile(r"0[xX]([0-9a-fA-F]{1,64})")
SHOWN_CHARACTERS = 40


def any_number(value: Any, place: str, maximum: int) -> int:
    """The number in a JSON number or text: hex after `0x`, else decimal."""
    if isinstance(value, bool):
        _refuse(value, place, "a number")
    if isinstance(value, int):
        number = value
    elif not isinstance(value, str):
        _refuse(value, place, "a number")
    elif found := HEX_NUMBER.fullmatch(value):
        number = int(found[1], 16)
    elif DECIMAL.fullmatch(value):
        number = int(value)
    else:
        _refuse(value, place, "a number")
    if not 0 <= number <= maximum:
        raise MalformedDump(place, f"not between 0 and {maximum}")
    return number


def any_data(value: Any, place: str, length: int | None = None) -> bytes:
    """The bytes of hex digits, with or without `0x`; of `length` bytes if given."""
    found = HEX.fullmatch(value) if isinstance(value, str) else None
    if found is None or len(found[1]) % 2:
        _refuse(value, place, "bytes in hex digits")
    data = bytes.fromhex(found[1])
    if length is not None and len(data) != length:
        raise MalformedDump(place, f"{len(data)} bytes, not {length}")
    return data


def any_word(value: Any, place: str) -> bytes:
    """Thirty-two bytes from at most 64 hex digits; leading zeros may be missing."""
    found = HEX.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 1 <= len(found[1]) <= 64:
        _refuse(value, place, "32 bytes in hex digits")
    return bytes.fromhex(found[1].rjust(64, "0"))


def _refuse(value: Any, place: str, wanted: str) -> NoReturn:
    shown = repr(value)
    if len(shown) > SHOWN_CHARACTERS:
        shown = f"{shown[:SHOWN_CHARACTERS]}..."
    raise MalformedDump(place, f"not {wanted}: {shown}")
