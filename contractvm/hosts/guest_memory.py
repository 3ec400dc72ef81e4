"""Access to guest memory: the only place where guest pointers become bytes.

Every pointer and length is an unsigned 32-bit number that the contract chose. The
memory itself checks the range (in more than 32 bits) and traps; a length is therefore
never more than the memory's size, and no larger copy is ever made.
"""

from typing import Protocol

from contractvm.errors import Trap, TrapCode

ADDRESS_BYTES = 20
WORD_BYTES = 32
U128_BYTES = 16
U256_BYTES = 32


class LinearMemory(Protocol):
    """A contract's memory; both raise Trap unless the range is inside it."""

    def read(self, address: int, length: int) -> bytes:
        """Copy bytes out."""

    def write(self, address: int, data: bytes) -> None:
        """Copy bytes in."""


class GuestMemory:
    """A contract's memory, read and written in the interface's data types."""

    def __init__(self, memory: LinearMemory) -> None:
        self.read = memory.read
        self.write = memory.write

    def read_address(self, pointer: int) -> bytes:
        """The 20 raw bytes of an address."""
        return self.read(pointer, ADDRESS_BYTES)

    def read_word(self, pointer: int) -> bytes:
        """The 32 raw bytes of a storage key, storage value or topic."""
        return self.read(pointer, WORD_BYTES)

    def read_u128(self, pointer: int) -> int:
        """A little-endian 128-bit number: an amount of ether."""
        return int.from_bytes(self.read(pointer, U128_BYTES), "little")

    def write_u128(self, pointer: int, value: int) -> None:
        """Write an amount of ether; one of more than 128 bits traps."""
        if value >> 128:
            raise Trap(TrapCode.HOST_REFUSED, "the amount exceeds 128 bits")
        self.write(pointer, value.to_bytes(U128_BYTES, "little"))

    def write_u256(self, pointer: int, value: int) -> None:
        """Write a little-endian 256-bit number."""
        self.write(pointer, value.to_bytes(U256_BYTES, "little"))
