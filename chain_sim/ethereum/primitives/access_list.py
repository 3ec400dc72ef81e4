"""Access lists (EIP-2930): the addresses and storage keys that a transaction names."""

from collections.abc import Iterable
from typing import TypeAlias

from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    HashLike,
    as_address,
    as_hash,
)
from chain_sim.ethereum.primitives.errors import AccessListNotPriced
from chain_sim.ethereum.primitives.rlp_fields import (
    read_bytes,
    read_fields,
    read_list,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from contractvm.hosts.evm.costs import TransactionCosts

AccessList: TypeAlias = tuple[tuple[Address, tuple[Hash32, ...]], ...]


def as_access_list(
    entries: Iterable[tuple[AddressLike, Iterable[HashLike]]],
) -> AccessList:
    """The list from addresses and keys in any form; raises InvalidText, TypeError."""
    return tuple(
        (as_address(address), tuple(as_hash(key, "key") for key in keys))
        for address, keys in entries
    )


def read_access_list(item: bytes) -> AccessList:
    """The list that `item` encodes; raises MalformedRlp."""
    return tuple(_read_entry(entry) for entry in read_list(item, "access_list"))


def count_keys(entries: AccessList) -> int:
    """How many keys the list has, repeated ones counted again."""
    return sum(len(keys) for _, keys in entries)


def access_list_gas(address_count: int, key_count: int, costs: TransactionCosts) -> int:
    """The intrinsic gas of an access list; raises AccessListNotPriced."""
    if costs.access_list_address is None or costs.access_list_key is None:
        raise AccessListNotPriced
    return address_count * costs.access_list_address + key_count * costs.access_list_key


def _read_entry(item: bytes) -> tuple[Address, tuple[Hash32, ...]]:
    address, keys = read_fields(item, "access_list entry", 2)
    return Address(read_bytes(address, "access_list address", 20)), tuple(
        Hash32(read_bytes(key, "access_list key", 32))
        for key in read_list(keys, "access_list keys")
    )
