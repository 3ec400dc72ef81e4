"""Addresses that print as their names: `accounts[2]`, `contract`, `0x70...`."""

from typing import Self

from chain_sim.ethereum.primitives.text import Address, format_address

ADDRESS_BYTES = 20


class NamedAddress(bytes):
    """The twenty bytes of an address, with a name for display.

    `account_index` is the place among the developer accounts, None for all others.
    """

    name: str
    account_index: int | None

    def __new__(
        cls, address: bytes, name: str | None = None, index: int | None = None
    ) -> Self:
        """`name` defaults to the address in hex."""
        made = super().__new__(cls, address)
        made.name = format_address(Address(address)) if name is None else name
        made.account_index = index
        return made

    def __repr__(self) -> str:
        return self.name


def of_account(index: int, address: bytes) -> NamedAddress:
    """A developer account's."""
    return NamedAddress(address, f"accounts[{index}]", index)


ZERO_ADDRESS = NamedAddress(bytes(ADDRESS_BYTES), "zero")
