"""Transactions: encoding, rules that need no state, signing and the sender.

The rules of every fork: EIP-155 (replay protection), EIP-2 (low s), and the widths that
Ethereum's transaction tests require (64-bit gas limit; EIP-2681's nonce; price, value
and the upfront gas cost below 2**256). A fork says which types it takes.
"""

from collections.abc import Collection
from functools import cached_property
from typing import Any, ClassVar

from msgspec import Struct, structs

from chain_sim.ethereum.primitives.access_list import (
    AccessList,
    access_list_gas,
    as_access_list,
    count_keys,
    read_access_list,
)
from chain_sim.ethereum.primitives.arguments import as_address, as_data
from chain_sim.ethereum.primitives.errors import (
    FieldNegative,
    FieldTooLarge,
    GasCostTooLarge,
    IntrinsicGasTooLow,
    InvalidSignature,
    MalformedRlp,
    MalformedTransaction,
    PriorityFeeTooHigh,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.rlp_fields import (
    FIRST_UNTYPED_BYTE,
    Encodable,
    encode_item,
    read_bytes,
    read_fields,
    read_uint,
)
from chain_sim.ethereum.primitives.signatures import (
    CURVE_ORDER,
    MAX_LOW_S,
    Signature,
    address_of_private_key,
    recover_address,
    sign_hash,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from contractvm.hosts.evm.costs import TransactionCosts
from gas_schedule.arguments import as_int, as_kind

MAX_UINT_64 = 2**64 - 1
MAX_UINT_256 = 2**256 - 1
MAX_NONCE = 2**64 - 2
MAX_ADDRESS = 2**160 - 1
MAXIMA = {
    "nonce": MAX_NONCE,
    "gas_price": MAX_UINT_256,
    "gas_limit": MAX_UINT_64,
    "value": MAX_UINT_256,
}
TYPED_MAXIMA = {"chain_id": MAX_UINT_256, "max_priority_fee_per_gas": MAX_UINT_256}

LEGACY_ONLY = (0,)
KNOWN_TYPES = (0, 1, 2)
FIRST_UNPROTECTED_V = 27
FIRST_PROTECTED_V = 35


class Transaction(Struct, frozen=True, dict=True):
    """A legacy transaction; `to` is None to create a contract.

    v, r and s are 0 before it is signed. Price and value are in wei.
    """

    type: ClassVar[int] = 0
    """The type by EIP-2718; 0 is a legacy transaction."""

    nonce: int
    gas_price: int
    gas_limit: int
    to: Address | None
    value: int
    data: bytes
    v: int = 0
    r: int = 0
    s: int = 0

    @cached_property
    def encoded(self) -> bytes:
        """See encode_transaction."""
        return encode_transaction(self)

    @cached_property
    def hash(self) -> Hash32:
        """The transaction hash, which covers the signature."""
        return keccak256(self.encoded)

    @cached_property
    def signer(self) -> Address:
        """The account whose key signed it, on whatever chain.

        Raises InvalidSignature. The caller checks the ranges of v, r and s.
        """
        signature = Signature(_y_parity(self), self.r, self.s)
        return recover_address(signing_hash(self, self.chain_id), signature)

    @property
    def chain_id(self) -> int | None:
        """The chain it is bound to; None for a signature valid on every chain."""
        if self.v < FIRST_PROTECTED_V:
            return None
        return (self.v - FIRST_PROTECTED_V) // 2

    @property
    def access_list(self) -> AccessList:
        """The addresses and storage keys that it names (EIP-2930)."""
        return ()

    @property
    def max_fee_per_gas(self) -> int:
        """The most that it pays for a gas, in wei, base fee included."""
        return self.gas_price

    @property
    def max_priority_fee_per_gas(self) -> int:
        """The most of it that the coinbase gets."""
        return self.gas_price

    def effective_gas_price(self, base_fee: int) -> int:
        """What it pays for a gas in a block with this base fee, both in wei."""
        return min(self.gas_price, base_fee + self.max_priority_fee_per_gas)


class AccessListTransaction(Transaction, frozen=True, kw_only=True):
    """A transaction of type 1 (EIP-2930); v is the y parity."""

    type: ClassVar[int] = 1

    chain_id: int
    access_list: AccessList = ()


class FeeMarketTransaction(AccessListTransaction, frozen=True, kw_only=True):
    """A transaction of type 2 (EIP-1559); `gas_price` is its maximum fee per gas."""

    type: ClassVar[int] = 2

    max_priority_fee_per_gas: int


def encode_transaction(tx: Transaction) -> bytes:
    """A legacy transaction's RLP, or the type's byte and the payload (EIP-2718)."""
    payload = encode_item([*_unsigned_fields(tx), tx.v, tx.r, tx.s])
    return payload if tx.type == 0 else bytes((tx.type,)) + payload


def decode_transaction(raw: bytes, types: Collection[int] = LEGACY_ONLY) -> Transaction:
    """Decode a transaction strictly; `recover_sender` checks the signature's ranges.

    `types` are those that the fork takes. Raises MalformedTransaction,
    UnsupportedTransactionType, FieldTooLarge or GasCostTooLarge.
    """
    type_byte = raw[0] if raw[:1] and raw[0] < FIRST_UNTYPED_BYTE else None
    if type_byte is not None and (type_byte == 0 or type_byte not in types):
        raise UnsupportedTransactionType(type_byte, tuple(types))
    try:
        tx = _read_legacy(raw) if type_byte is None else _read_typed(raw)
    except MalformedRlp as error:
        raise MalformedTransaction(error.reason) from error
    check_field_sizes(tx)
    return tx


def check_field_sizes(tx: Transaction) -> None:
    """Raise FieldNegative, FieldTooLarge, GasCostTooLarge, or TypeError for no int."""
    maxima = MAXIMA if tx.type == 0 else {**MAXIMA, **TYPED_MAXIMA}
    for field, maximum in maxima.items():
        check_size(field, getattr(tx, field), maximum)
    if tx.gas_limit * tx.gas_price > MAX_UINT_256:
        raise GasCostTooLarge(tx.gas_limit, tx.gas_price)


def check_size(field: str, actual: int, maximum: int) -> None:
    """Raise FieldNegative, FieldTooLarge, or TypeError for no int."""
    if type(actual) is int and 0 <= actual <= maximum:
        return
    if as_int(actual, field) < 0:
        raise FieldNegative(field, actual)
    if actual > maximum:
        raise FieldTooLarge(field, maximum, actual)


def check_priority_fee(tx: Transaction) -> None:
    """Raise PriorityFeeTooHigh if the priority fee exceeds the maximum fee."""
    if tx.max_priority_fee_per_gas > tx.max_fee_per_gas:
        raise PriorityFeeTooHigh(tx.max_priority_fee_per_gas, tx.max_fee_per_gas)


def signing_hash(tx: Transaction, chain_id: int | None) -> Hash32:
    """The hash that the sender signs; `chain_id` None is the form before EIP-155.

    A typed transaction has its own chain id, and that one counts.
    """
    fields = _unsigned_fields(tx)
    if tx.type != 0:
        return keccak256(bytes((tx.type,)) + encode_item(fields))
    if chain_id is not None:
        fields += [chain_id, 0, 0]
    return keccak256(encode_item(fields))


def sign_transaction(
    tx: Transaction, private_key: bytes, chain_id: int | None
) -> Transaction:
    """A signed copy; `chain_id` None signs a legacy transaction for every chain.

    `to` may have any form of an address, and `data` be `0x` text. Raises
    InvalidPrivateKey, FieldNegative, FieldTooLarge, GasCostTooLarge, or WrongChainId
    for a typed transaction of another chain.
    """
    tx = with_plain_fields(tx)
    signature = sign_hash(signing_hash(tx, chain_id), private_key)
    v = _first_v(tx, chain_id) + signature.recovery_id
    signed = structs.replace(tx, v=v, r=signature.r, s=signature.s)
    # Known here, and nobody need recover it.
    signed.__dict__["signer"] = address_of_private_key(private_key)
    return signed


def impersonate(tx: Transaction, sender: Address, chain_id: int) -> Transaction:
    """A copy that names its sender in place of a signature: r its address, s zero.

    No key can make that, so it is valid only where the chain itself put it. Raises as
    `sign_transaction`.
    """
    tx = with_plain_fields(tx)
    r = int.from_bytes(sender, "big")
    return structs.replace(tx, v=_first_v(tx, chain_id), r=r, s=0)


def with_plain_fields(tx: Transaction) -> Transaction:
    """A copy with `to`, `data` and the access list as bytes, and checked sizes."""
    to = as_kind(tx, "tx", Transaction).to
    to, data = None if to is None else as_address(to, "to"), as_data(tx.data)
    if to is not tx.to or data is not tx.data:
        tx = structs.replace(tx, to=to, data=data)
    if isinstance(tx, AccessListTransaction):
        tx = structs.replace(tx, access_list=as_access_list(tx.access_list))
    check_field_sizes(tx)
    return tx


def recover_sender(tx: Transaction, chain_id: int | None) -> Address:
    """The signer's address, on the chain `chain_id`.

    A signature without a chain id (v 27 or 28) is valid on every chain; with `chain_id`
    None no other is accepted. Raises InvalidSignature or WrongChainId.
    """
    _check_v(tx, chain_id)
    if not 0 < tx.r < CURVE_ORDER:
        raise InvalidSignature("r is not between zero and the curve's order")
    if not 0 < tx.s <= MAX_LOW_S:
        raise InvalidSignature("s is not between zero and half the curve's order")
    return tx.signer


def sender_in_block(tx: Transaction, chain_id: int) -> Address:
    """The sender of a transaction of the chain, which may be an impersonated one.

    Raises as `recover_sender`. What comes from outside goes through that one.
    """
    if tx.s or tx.r > MAX_ADDRESS:
        return recover_sender(tx, chain_id)
    if tx.chain_id is not None:
        _check_v(tx, chain_id)
    if tx.chain_id is None or _y_parity(tx):
        raise InvalidSignature(f"v is {tx.v}, and there is no signature")
    return Address(tx.r.to_bytes(20, "big"))


def _y_parity(tx: Transaction) -> int:
    """Which of two matching keys signed: 0 or 1, where v is one that may be."""
    return tx.v if tx.type else (tx.v - FIRST_PROTECTED_V) % 2


def _check_v(tx: Transaction, chain_id: int | None) -> None:
    """Raise InvalidSignature or WrongChainId."""
    if tx.type == 0 and tx.v in (FIRST_UNPROTECTED_V, FIRST_UNPROTECTED_V + 1):
        return
    if tx.chain_id is None:
        raise InvalidSignature(f"v is {tx.v}, not 27, 28 or at least 35")
    if tx.chain_id != chain_id:
        raise WrongChainId(chain_id, tx.chain_id)
    if tx.type != 0 and tx.v > 1:
        raise InvalidSignature(f"y parity is {tx.v}, not 0 or 1")


def _first_v(tx: Transaction, chain_id: int | None) -> int:
    """The v of y parity 0."""
    if tx.type != 0:
        if tx.chain_id is not None and tx.chain_id != chain_id:
            raise WrongChainId(chain_id, tx.chain_id)
        return 0
    if chain_id is None:
        return FIRST_UNPROTECTED_V
    return FIRST_PROTECTED_V + 2 * chain_id


def intrinsic_gas(tx: Transaction, costs: TransactionCosts) -> int:
    """The gas that the transaction costs before anything runs.

    `costs` is a schedule's `transaction` table; AccessListNotPriced if it lacks the
    prices of the transaction's access list.
    """
    zero_count = tx.data.count(0)
    gas = costs.base + zero_count * costs.data_zero_byte
    gas += (len(tx.data) - zero_count) * costs.data_nonzero_byte
    if tx.access_list:
        gas += access_list_gas(len(tx.access_list), count_keys(tx.access_list), costs)
    if tx.to is None:
        gas += costs.create + costs.init_code_word * -(-len(tx.data) // 32)
    return gas


def check_intrinsic_gas(tx: Transaction, costs: TransactionCosts) -> int:
    """The intrinsic gas; IntrinsicGasTooLow if the gas limit is below it."""
    required = intrinsic_gas(tx, costs)
    if tx.gas_limit < required:
        raise IntrinsicGasTooLow(required, tx.gas_limit)
    return required


def _unsigned_fields(tx: Transaction) -> list[Encodable]:
    fields: list[Encodable] = [
        tx.nonce,
        tx.gas_price,
        tx.gas_limit,
        tx.to or b"",
        tx.value,
        tx.data,
    ]
    if not isinstance(tx, AccessListTransaction):
        return fields
    if isinstance(tx, FeeMarketTransaction):
        fields.insert(1, tx.max_priority_fee_per_gas)
    return [tx.chain_id, *fields, tx.access_list]


def _read_legacy(raw: bytes) -> Transaction:
    nonce, price, *message, v, r, s = read_fields(raw, "transaction", 9)
    return Transaction(
        nonce=read_uint(nonce, "nonce"),
        gas_price=read_uint(price, "gas_price"),
        **_read_message(message),
        **_read_signature(v, r, s),
    )


def _read_typed(raw: bytes) -> Transaction:
    """A transaction of type 1 or 2."""
    count = 11 if raw[0] == AccessListTransaction.type else 12
    chain_id, nonce, *rest = read_fields(raw[1:], "transaction", count)
    *prices, price = rest[: count - 10]
    *message, entries, v, r, s = rest[count - 10 :]
    common = {
        "chain_id": read_uint(chain_id, "chain_id"),
        "nonce": read_uint(nonce, "nonce"),
        **_read_message(message),
        "access_list": read_access_list(entries),
        **_read_signature(v, r, s),
    }
    if not prices:
        return AccessListTransaction(gas_price=read_uint(price, "gas_price"), **common)
    return FeeMarketTransaction(
        max_priority_fee_per_gas=read_uint(prices[0], "max_priority_fee_per_gas"),
        gas_price=read_uint(price, "max_fee_per_gas"),
        **common,
    )


def _read_message(items: list[bytes]) -> dict[str, Any]:
    """The four fields that all types have in a row."""
    limit, to, value, data = items
    address = read_bytes(to, "to")
    if len(address) not in (0, 20):
        raise MalformedRlp(f"to has {len(address)} bytes, not 0 or 20")
    return {
        "gas_limit": read_uint(limit, "gas_limit"),
        "to": Address(address) if address else None,
        "value": read_uint(value, "value"),
        "data": read_bytes(data, "data"),
    }


def _read_signature(v: bytes, r: bytes, s: bytes) -> dict[str, Any]:
    return {"v": read_uint(v, "v"), "r": read_uint(r, "r"), "s": read_uint(s, "s")}
