"""Addresses, hashes, and all conversions between `0x` text and bytes."""

import re
from typing import NewType

from sha3 import keccak_256

from contractvm.errors import ContractVmError

Address = NewType("Address", bytes)
"""Twenty bytes that identify an account."""

Hash32 = NewType("Hash32", bytes)
"""Thirty-two bytes: a Keccak-256 digest."""

ADDRESS_BYTES = 20
HASH_BYTES = 32
HEX_DIGITS = re.compile("[0-9a-fA-F]*+")
SHOWN_CHARACTERS = 80


def keccak256(data: bytes) -> Hash32:
    """Keccak-256 with the original padding, as Ethereum uses it (not SHA3-256)."""
    digest: Hash32 = keccak_256(data).digest()
    return digest


class InvalidText(ContractVmError):
    """Text that should be an address, data or a quantity is not one.

    `kind` is what was expected, `text` the whole text; the message shows its start.
    """

    def __init__(self, kind: str, text: str, reason: str) -> None:
        shown = text
        if len(text) > SHOWN_CHARACTERS:
            shown = f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"
        super().__init__(f"not {kind}: {shown!r}: {reason}")
        self.kind = kind
        self.text = text
        self.reason = reason


EMPTY_CODE_HASH = keccak256(b"")
EMPTY_TRIE_ROOT = keccak256(b"\x80")


def parse_data(text: str) -> bytes:
    """The bytes of `0x` and an even number of hexadecimal digits."""
    return bytes.fromhex(_hex_digits("data", text, is_even=True))


def parse_quantity(text: str) -> int:
    """The number of `0x` and digits without leading zeros; zero is `0x0`."""
    digits = _hex_digits("a quantity", text, is_even=False)
    if not digits:
        raise InvalidText("a quantity", text, "no digits after 0x")
    if len(digits) > 1 and digits[0] == "0":
        raise InvalidText("a quantity", text, "leading zero")
    return int(digits, 16)


def parse_hash(text: str) -> Hash32:
    """Thirty-two bytes from `0x` text."""
    data = bytes.fromhex(_hex_digits("a hash", text, is_even=True))
    if len(data) != HASH_BYTES:
        raise InvalidText("a hash", text, f"{len(data)} bytes, not {HASH_BYTES}")
    return Hash32(data)


def parse_address(text: str) -> Address:
    """Twenty bytes; mixed-case digits must have the checksum of EIP-55."""
    digits = _hex_digits("an address", text, is_even=False)
    if len(digits) != 2 * ADDRESS_BYTES:
        reason = f"{len(digits)} hexadecimal digits, not {2 * ADDRESS_BYTES}"
        raise InvalidText("an address", text, reason)
    address = Address(bytes.fromhex(digits))
    is_mixed_case = digits not in (digits.lower(), digits.upper())
    if is_mixed_case and text != format_address(address):
        raise InvalidText("an address", text, "wrong checksum")
    return address


def format_data(data: bytes) -> str:
    """`0x` and two digits for each byte."""
    return "0x" + data.hex()


def format_quantity(number: int) -> str:
    """`0x` and digits without leading zeros, as parse_quantity reads them."""
    if number < 0:
        raise InvalidText("a quantity", str(number), "negative")
    return hex(number)


def format_address(address: Address) -> str:
    """The address with the mixed-case checksum of EIP-55."""
    digits = address.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(digest[index], 16) >= 8 else digit
        for index, digit in enumerate(digits)
    )


def _hex_digits(kind: str, text: str, *, is_even: bool) -> str:
    """The digits after `0x`, checked because bytes.fromhex allows white space."""
    if not text.startswith("0x"):
        raise InvalidText(kind, text, "does not start with 0x")
    digits = text[2:]
    found = HEX_DIGITS.match(text, 2)
    position = len(text) if found is None else found.end()
    if position < len(text):
        reason = f"{text[position]!r} at {position} is not a hexadecimal digit"
        raise InvalidText(kind, text, reason)
    if is_even and len(digits) % 2:
        raise InvalidText(kind, text, "odd number of digits")
    return digits
