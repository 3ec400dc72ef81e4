"""Addresses, hashes and data from what people pass to public functions.

Each function takes several forms; it raises InvalidText for text that is none of them,
with the reason (a wrong checksum is one), and TypeError for anything else.
"""

from typing import Protocol

from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    HASH_BYTES,
    Address,
    Hash32,
    parse_address,
    parse_data,
    parse_hash,
)
from gas_schedule.arguments import as_int, wrong_type


class HasAddress(Protocol):
    """An account, or a contract."""

    @property
    def address(self) -> bytes:
        """Twenty bytes."""


class HasContractAddress(Protocol):
    """The receipt of a deployment."""

    @property
    def contract_address(self) -> bytes | None:
        """Twenty bytes; None where no contract was created."""


AddressLike = bytes | str | HasAddress | HasContractAddress
"""Twenty bytes, `0x` text, an account or contract, or the receipt of a deployment."""

HashLike = bytes | str
"""Thirty-two bytes, or `0x` text."""

DataLike = bytes | str
"""Bytes, or `0x` text."""

WANTED_ADDRESS = "an address (20 bytes, 0x text, an account or a contract)"
SLOT_LIMIT = 1 << 256


def as_address(given: AddressLike, name: str = "address") -> Address:
    """Twenty bytes; text in mixed case must have the checksum of EIP-55."""
    if type(given) is bytes and len(given) == ADDRESS_BYTES:
        return Address(given)  # the usual form, which is soonest told
    if isinstance(given, str):
        return parse_address(given)
    found: object = given
    for attribute in ("address", "contract_address"):
        found = getattr(given, attribute, found)
    if (
        isinstance(found, bytes | bytearray | memoryview)
        and len(found) == ADDRESS_BYTES
    ):
        return Address(bytes(found))
    raise wrong_type(name, WANTED_ADDRESS, given)


def as_hash(given: HashLike, name: str = "hash") -> Hash32:
    """Thirty-two bytes."""
    if isinstance(given, str):
        return parse_hash(given)
    if isinstance(given, bytes | bytearray | memoryview) and len(given) == HASH_BYTES:
        return Hash32(bytes(given))
    raise wrong_type(name, "a hash (32 bytes or 0x text)", given)


def as_data(given: DataLike, name: str = "data") -> bytes:
    """The bytes."""
    if isinstance(given, str):
        return parse_data(given)
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    raise wrong_type(name, "bytes or 0x text", given)


def as_slot(given: int | bytes | str, name: str = "slot") -> bytes:
    """The key of a storage slot, 32 bytes: given so, as `0x` text, or by its number."""
    if isinstance(given, bytes | bytearray | memoryview | str):
        return as_hash(given, name)
    wanted = "a storage slot (a number from 0 to 2^256 - 1, or 32 bytes)"
    number = as_int(given, name, wanted)
    if not 0 <= number < SLOT_LIMIT:
        raise wrong_type(name, wanted, given)
    return number.to_bytes(HASH_BYTES, "big")
