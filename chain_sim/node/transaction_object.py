"""The transaction object of sends, calls and estimates."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.text import Address
from chain_sim.node.parameters import InvalidValue, Kind, parse_within
from chain_sim.node.values import (
    at_most,
    kind_of,
    parse_any_address,
    parse_bytes,
    parse_hash32,
    parse_number,
    parse_object,
)

MAX_TYPE = 2
parse_uint64 = at_most(2**64 - 1)


class TransactionObject(Struct, frozen=True):
    """A transaction whose fields may be missing: None; prices and value in wei."""

    sender: Address | None = None
    to: Address | None = None
    gas: int | None = None
    gas_price: int | None = None
    max_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None
    value: int = 0
    nonce: int | None = None
    data: bytes = b""
    access_list: AccessList | None = None
    type: int | None = None
    chain_id: int | None = None

    @property
    def has_fee_caps(self) -> bool:
        """Whether it has the fees of EIP-1559."""
        return (
            self.max_fee_per_gas is not None
            or self.max_priority_fee_per_gas is not None
        )


def parse_transaction_object(given: object) -> TransactionObject:
    """The fields that are known; others are passed over, null is as left out."""
    found = parse_object(given)
    fields: dict[str, Any] = {}
    for name, value in found.items():
        known = FIELDS.get(name)
        if known is not None and value is not None:
            field, parse = known
            content = parse_within(name, parse, value)
            if fields.setdefault(field, content) != content:
                raise InvalidValue("data and input are not the same")
    if found.get("accessList") is not None:
        fields["access_list"] = parse_access_list(found["accessList"])
    parsed = TransactionObject(**fields)
    if not fields.keys().isdisjoint(FEES):
        _check_fees(parsed)
    return parsed


def parse_access_list(given: object) -> AccessList:
    """The list of `{address, storageKeys}`."""
    if not isinstance(given, list):
        raise InvalidValue(f"accessList is a list, not {kind_of(given)}")
    entries = []
    for item in given:
        entry = parse_object(item)
        keys = entry.get("storageKeys", [])
        if not isinstance(keys, list):
            raise InvalidValue(f"storageKeys is a list, not {kind_of(keys)}")
        address = parse_any_address(entry.get("address"))
        entries.append((address, tuple(map(parse_hash32, keys))))
    return tuple(entries)


def _check_fees(tx: TransactionObject) -> None:
    if tx.gas_price is not None and tx.has_fee_caps:
        raise InvalidValue("gasPrice together with maxFeePerGas")
    if tx.type in (0, 1) and tx.has_fee_caps:
        raise InvalidValue(f"maxFeePerGas in a transaction of type {tx.type}")
    if tx.type == 2 and tx.gas_price is not None:
        raise InvalidValue("gasPrice in a transaction of type 2")
    if tx.type == 0 and tx.access_list:
        raise InvalidValue("accessList in a transaction of type 0")


FIELDS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "from": ("sender", parse_any_address),
    "to": ("to", parse_any_address),
    "gas": ("gas", parse_uint64),
    "gasPrice": ("gas_price", parse_number),
    "maxFeePerGas": ("max_fee_per_gas", parse_number),
    "maxPriorityFeePerGas": ("max_priority_fee_per_gas", parse_number),
    "value": ("value", parse_number),
    "nonce": ("nonce", parse_uint64),
    "chainId": ("chain_id", parse_number),
    "type": ("type", at_most(MAX_TYPE)),
    "input": ("data", parse_bytes),
    "data": ("data", parse_bytes),
}
FEES = ("gas_price", "max_fee_per_gas", "max_priority_fee_per_gas", "type")
"""Fields that may contradict each other."""


TRANSACTION = Kind("transaction", parse_transaction_object)
