"""Addresses as contract objects give them: twenty bytes that print their checksum."""

from typing import Any, Self

from chain_sim.ethereum.primitives.text import ADDRESS_BYTES, format_address
from chain_sim.ethereum.primitives.text import Address as Bytes20


class Address(bytes):
    """Twenty bytes; equal to bytes, and to what has such an `address`.

    Never equal to text, whose hash is another.
    """

    def __new__(cls, content: bytes) -> Self:
        """Raises ValueError unless there are twenty bytes."""
        if len(content) != ADDRESS_BYTES:
            raise ValueError(f"{len(content)} bytes, an address has {ADDRESS_BYTES}")
        return super().__new__(cls, content)

    @property
    def address(self) -> "Address":
        """Itself, as of an account."""
        return self

    def __str__(self) -> str:
        return format_address(Bytes20(bytes(self)))

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bytes | bytearray):
            return bytes(self) == bytes(other)
        found: Any = getattr(other, "address", None)
        return isinstance(found, bytes) and bytes(self) == bytes(found)

    __hash__ = bytes.__hash__
