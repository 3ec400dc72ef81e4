"""Kinds of parameters: quantities, data, addresses, blocks; and hashes as text."""

import re
from collections.abc import Callable

from msgspec import Struct

from chain_sim.ethereum.primitives.text import (
    HEX_DIGITS,
    Address,
    Hash32,
    InvalidText,
    format_data,
    parse_data,
    parse_hash,
)
from chain_sim.node.parameters import REQUIRED, InvalidValue, Kind, Parameter, Parse

DECIMAL = re.compile(r"[0-9]{1,78}")
QUANTITY_LIMIT = 1 << 256
MAX_QUANTITY_CHARACTERS = 2 + 128
ADDRESS_DIGITS = 40
TAGS = ("latest", "earliest", "pending", "safe", "finalized")


class BlockChoice(Struct, frozen=True):
    """The block that a request names: by one of its tag, number and hash.

    With `must_be_canonical` a hash must be that of a block of the chain (EIP-1898).
    """

    tag: str | None = None
    number: int | None = None
    hash: Hash32 | None = None
    must_be_canonical: bool = False


LATEST = BlockChoice("latest")
PENDING = BlockChoice("pending")


def text_of(given: object, wanted: str) -> str:
    """The text; InvalidValue for anything else."""
    if not isinstance(given, str):
        raise InvalidValue(f"{wanted} is text, not {kind_of(given)}")
    return given


def kind_of(given: object) -> str:
    """The name of a JSON value's type."""
    names: dict[type, str] = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(given), "null")


def parse_hex_number(text: str) -> int:
    """A number below 2^256 from `0x` and digits; zeros may lead."""
    if len(text) > MAX_QUANTITY_CHARACTERS:
        raise InvalidText("a quantity", text, "too many digits")
    digits = text[2:]
    if text[:2] != "0x" or not digits or not HEX_DIGITS.fullmatch(digits):
        raise InvalidText("a quantity", text, "write 0x and hexadecimal digits")
    number = int(digits, 16)
    if number >= QUANTITY_LIMIT:
        raise InvalidText("a quantity", text, "not below 2^256")
    return number


def parse_hex(given: object) -> int:
    """A quantity, `0x` text alone."""
    return parse_hex_number(text_of(given, "a quantity"))


def parse_number(given: object) -> int:
    """A quantity in any form that clients send: hexadecimal, decimal, JSON number."""
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise InvalidValue(f"a number or text with one, not {kind_of(given)}")
    if isinstance(given, int):
        if not 0 <= given < QUANTITY_LIMIT:
            raise InvalidValue(f"{given} is not between 0 and 2^256")
        return given
    if DECIMAL.fullmatch(given):
        return parse_number(int(given))
    return parse_hex_number(given)


def at_most(most: int, parse: Callable[[object], int] = parse_number) -> Parse:
    """As `parse`, of numbers up to `most`."""

    def parse_bounded(given: object) -> int:
        number = parse(given)
        if number > most:
            raise InvalidValue(f"{number} is more than {most}")
        return number

    return parse_bounded


def parse_boolean(given: object) -> bool:
    """`true` or `false`."""
    if not isinstance(given, bool):
        raise InvalidValue(f"true or false, not {kind_of(given)}")
    return given


def parse_any_address(given: object) -> Address:
    """Twenty bytes, in digits of any case: a checksum is not asked for."""
    text = text_of(given, "an address")
    digits = text.removeprefix("0x")
    if len(digits) != ADDRESS_DIGITS or not HEX_DIGITS.fullmatch(digits):
        raise InvalidText("an address", text, "write 0x and 40 hexadecimal digits")
    return Address(bytes.fromhex(digits))


def parse_bytes(given: object) -> bytes:
    """The bytes of `0x` text."""
    return parse_data(text_of(given, "data"))


def parse_hash32(given: object) -> Hash32:
    """Thirty-two bytes of `0x` text."""
    return parse_hash(text_of(given, "a hash"))


def parse_slot(given: object) -> bytes:
    """A storage key: `0x` and a number below 2^256, as 32 bytes."""
    return parse_hex(given).to_bytes(32, "big")


def parse_object(given: object) -> dict[str, object]:
    """An object of JSON."""
    if not isinstance(given, dict):
        raise InvalidValue(f"an object, not {kind_of(given)}")
    return given


def parse_block(given: object) -> BlockChoice:
    """A tag, a number, a hash, or the object of EIP-1898."""
    if isinstance(given, dict):
        return _block_object(given)
    text = text_of(given, "a block")
    if text.lower() in TAGS:
        return BlockChoice(text.lower())
    if len(text) == 66:
        return BlockChoice(hash=parse_hash(text))
    if not text.startswith("0x"):
        raise InvalidText("a block", text, f"write {', '.join(TAGS)}, or 0x and digits")
    return BlockChoice(number=parse_hex_number(text))


def _block_object(given: dict[str, object]) -> BlockChoice:
    rest = given.keys() - {"blockNumber", "blockHash", "requireCanonical"}
    if rest:
        raise InvalidValue(f"unknown member {min(rest)!r:.40}")
    number, block_hash = given.get("blockNumber"), given.get("blockHash")
    if (number is None) == (block_hash is None):
        raise InvalidValue("either blockNumber or blockHash")
    if number is not None:
        return parse_block(text_of(number, "blockNumber"))
    is_required = parse_boolean(given.get("requireCanonical") or False)
    return BlockChoice(hash=parse_hash32(block_hash), must_be_canonical=is_required)


def list_of(kind: Kind, most: int = 10_000) -> Kind:
    """The kind of a list of so many values at most."""

    def parse(given: object) -> list[object]:
        if not isinstance(given, list):
            raise InvalidValue(f"a list, not {kind_of(given)}")
        if len(given) > most:
            raise InvalidValue(f"{len(given)} elements, more than {most}")
        return [kind.parse(one) for one in given]

    return Kind(f"list of {kind.name}", parse)


NUMBER = Kind("number", parse_number)
COUNT_64 = Kind("number", at_most(2**64 - 1))
BOOLEAN = Kind("boolean", parse_boolean)
ADDRESS = Kind("address", parse_any_address)
DATA = Kind("data", parse_bytes)
HASH = Kind("hash", parse_hash32)
WORD = Kind("32 bytes", parse_hash32)
SLOT = Kind("storage key", parse_slot)
BLOCK = Kind("block", parse_block)
OBJECT = Kind("object", parse_object)
ANYTHING = Kind("any", lambda given: given)


def block_parameter(name: str = "block", default: object = LATEST) -> Parameter:
    """A block; the head where it is left out."""
    return Parameter(name, BLOCK, default)


def address_parameter(name: str = "address") -> Parameter:
    """An address that must be given."""
    return Parameter(name, ADDRESS)


def hash_parameter(name: str = "hash") -> Parameter:
    """A hash that must be given."""
    return Parameter(name, HASH)


def required(name: str, kind: Kind) -> Parameter:
    """A parameter that must be given."""
    return Parameter(name, kind, REQUIRED)


def optional(name: str, kind: Kind, default: object = None) -> Parameter:
    """A parameter that may be left out or null."""
    return Parameter(name, kind, default)


def address_text(address: bytes | None) -> str | None:
    """The address in lower case; None stays None."""
    return None if address is None else format_data(address)
