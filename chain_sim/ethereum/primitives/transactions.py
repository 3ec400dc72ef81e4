"""Legacy transactions: encoding, rules that need no state, signing and the sender.

Byzantium's rules: EIP-155 (replay protection), EIP-2 (low s), and the widths that
Ethereum's transaction tests require of every fork (64-bit gas limit; EIP-2681's nonce;
price, value and the upfront gas cost below 2**256).
"""

from typing import ClassVar, NoReturn

from msgspec import Struct, structs

from chain_sim.ethereum.primitives.arguments import as_address, as_data
from chain_sim.ethereum.primitives.errors import (
    FieldNegative,
    FieldTooLarge,
    GasCostTooLarge,
    IntrinsicGasTooLow,
    InvalidSignature,
    MalformedRlp,
    MalformedTransaction,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.rlp_fields import (
    Encodable,
    encode_item,
    read_bytes,
    read_fields,
    read_uint,
    uint_bytes,
)
from chain_sim.ethereum.primitives.signatures import (
    CURVE_ORDER,
    MAX_LOW_S,
    Signature,
    recover_address,
    sign_hash,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from contractvm.hosts.evm.costs import TransactionCosts
from gas_schedule.arguments import as_int, as_kind

MAX_UINT_64 = 2**64 - 1
MAX_UINT_256 = 2**256 - 1
MAX_NONCE = 2**64 - 2
MAXIMA = {
    "nonce": MAX_NONCE,
    "gas_price": MAX_UINT_256,
    "gas_limit": MAX_UINT_64,
    "value": MAX_UINT_256,
}

FIRST_UNPROTECTED_V = 27
FIRST_PROTECTED_V = 35


class Transaction(Struct, frozen=True):
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

    @property
    def hash(self) -> Hash32:
        """The transaction hash, which covers the signature."""
        return keccak256(encode_transaction(self))

    @property
    def chain_id(self) -> int | None:
        """The chain it is bound to; None for a signature valid on every chain."""
        if self.v < FIRST_PROTECTED_V:
            return None
        return (self.v - FIRST_PROTECTED_V) // 2


def encode_transaction(tx: Transaction) -> bytes:
    """The nine fields as RLP."""
    return encode_item(transaction_fields(tx))


def transaction_fields(tx: Transaction) -> list[Encodable]:
    """The nine fields, for a block's list of transactions."""
    return [*_unsigned_fields(tx), *map(uint_bytes, (tx.v, tx.r, tx.s))]


def decode_transaction(raw: bytes) -> Transaction:
    """Decode a transaction strictly; `recover_sender` checks the signature's ranges.

    Raises MalformedTransaction, UnsupportedTransactionType, FieldTooLarge or
    GasCostTooLarge.
    """
    if raw[:1] and raw[0] < 0x80:
        raise UnsupportedTransactionType(raw[0])
    try:
        tx = _read_transaction(raw)
    except MalformedRlp as error:
        raise MalformedTransaction(error.reason) from error
    check_field_sizes(tx)
    return tx


def check_field_sizes(tx: Transaction) -> None:
    """Raise FieldNegative, FieldTooLarge or GasCostTooLarge for what has no form.

    TypeError where one is no int.
    """
    for field, maximum in MAXIMA.items():
        actual = as_int(getattr(tx, field), field)
        if actual < 0:
            raise FieldNegative(field, actual)
        if actual > maximum:
            raise FieldTooLarge(field, maximum, actual)
    if tx.gas_limit * tx.gas_price > MAX_UINT_256:
        raise GasCostTooLarge(tx.gas_limit, tx.gas_price)


def signing_hash(tx: Transaction, chain_id: int | None) -> Hash32:
    """The hash that the sender signs; `chain_id` None is the form before EIP-155."""
    fields = _unsigned_fields(tx)
    if chain_id is not None:
        fields += [uint_bytes(chain_id), b"", b""]
    return keccak256(encode_item(fields))


def sign_transaction(
    tx: Transaction, private_key: bytes, chain_id: int | None
) -> Transaction:
    """A signed copy; `chain_id` None signs for every chain.

    `to` may have any form of an address, and `data` be `0x` text. Raises
    InvalidPrivateKey, FieldNegative, FieldTooLarge or GasCostTooLarge.
    """
    to = as_kind(tx, "tx", Transaction).to
    to = None if to is None else as_address(to, "to")
    tx = structs.replace(tx, to=to, data=as_data(tx.data))
    check_field_sizes(tx)
    signature = sign_hash(signing_hash(tx, chain_id), private_key)
    if chain_id is None:
        first_v = FIRST_UNPROTECTED_V
    else:
        first_v = FIRST_PROTECTED_V + 2 * chain_id
    v = first_v + signature.recovery_id
    return structs.replace(tx, v=v, r=signature.r, s=signature.s)


def recover_sender(tx: Transaction, chain_id: int | None) -> Address:
    """The signer's address, on the chain `chain_id`.

    A signature without a chain id (v 27 or 28) is valid on every chain; with `chain_id`
    None no other is accepted. Raises InvalidSignature or WrongChainId.
    """
    if tx.v in (FIRST_UNPROTECTED_V, FIRST_UNPROTECTED_V + 1):
        recovery_id = tx.v - FIRST_UNPROTECTED_V
    elif tx.chain_id is None:
        _refuse_signature(f"v is {tx.v}, not 27, 28 or at least 35")
    elif tx.chain_id != chain_id:
        raise WrongChainId(chain_id, tx.chain_id)
    else:
        recovery_id = (tx.v - FIRST_PROTECTED_V) % 2
    if not 0 < tx.r < CURVE_ORDER:
        _refuse_signature("r is not between zero and the curve's order")
    if not 0 < tx.s <= MAX_LOW_S:
        _refuse_signature("s is not between zero and half the curve's order")
    message_hash = signing_hash(tx, tx.chain_id)
    return recover_address(message_hash, Signature(recovery_id, tx.r, tx.s))


def intrinsic_gas(tx: Transaction, costs: TransactionCosts) -> int:
    """The gas that the transaction costs before anything runs.

    `costs` is a schedule's `transaction` table.
    """
    zero_count = tx.data.count(0)
    gas = costs.base + zero_count * costs.data_zero_byte
    gas += (len(tx.data) - zero_count) * costs.data_nonzero_byte
    return gas + (costs.create if tx.to is None else 0)


def check_intrinsic_gas(tx: Transaction, costs: TransactionCosts) -> int:
    """The intrinsic gas; IntrinsicGasTooLow if the gas limit is below it."""
    required = intrinsic_gas(tx, costs)
    if tx.gas_limit < required:
        raise IntrinsicGasTooLow(required, tx.gas_limit)
    return required


def _unsigned_fields(tx: Transaction) -> list[Encodable]:
    return [
        uint_bytes(tx.nonce),
        uint_bytes(tx.gas_price),
        uint_bytes(tx.gas_limit),
        tx.to or b"",
        uint_bytes(tx.value),
        tx.data,
    ]


def _read_transaction(raw: bytes) -> Transaction:
    nonce, price, limit, to, value, data, v, r, s = read_fields(raw, "transaction", 9)
    address = read_bytes(to, "to")
    if len(address) not in (0, 20):
        raise MalformedRlp(f"to has {len(address)} bytes, not 0 or 20")
    return Transaction(
        nonce=read_uint(nonce, "nonce"),
        gas_price=read_uint(price, "gas_price"),
        gas_limit=read_uint(limit, "gas_limit"),
        to=Address(address) if address else None,
        value=read_uint(value, "value"),
        data=read_bytes(data, "data"),
        v=read_uint(v, "v"),
        r=read_uint(r, "r"),
        s=read_uint(s, "s"),
    )


def _refuse_signature(reason: str) -> NoReturn:
    raise InvalidSignature(reason)
