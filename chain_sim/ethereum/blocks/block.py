"""Headers and blocks: RLP, hashes, transactions root.

Every fork's header begins with the fields of the fork before; a field that the fork
lacks is None.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from chain_sim.ethereum.blocks.ordered_root import ordered_root
from chain_sim.ethereum.forks import BYZANTIUM, Fork
from chain_sim.ethereum.primitives.bloom import BLOOM_BYTES
from chain_sim.ethereum.primitives.errors import MalformedRlp, MalformedTransaction
from chain_sim.ethereum.primitives.rlp_fields import (
    encode_item,
    encode_list,
    read_bytes,
    read_enveloped,
    read_fields,
    read_list,
    read_uint,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
)

NO_OMMERS = encode_list([])
EMPTY_OMMERS_HASH = keccak256(NO_OMMERS)
ZERO_HASH = Hash32(bytes(32))
NONCE_BYTES = 8
MAX_EXTRA_DATA_BYTES = 32


# Without slots: the encoding and the hash are kept with the header.
@dataclass(frozen=True)
class Header:
    """What a block's hash commits to; `timestamp` is in seconds.

    This chain has neither mining nor ommers: `difficulty`, `mix_hash` and `nonce` are
    kept for compatibility. `base_fee_per_gas` is in wei, None without a fee market.
    """

    parent_hash: Hash32
    ommers_hash: Hash32
    coinbase: Address
    state_root: Hash32
    transactions_root: Hash32
    receipts_root: Hash32
    logs_bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    mix_hash: Hash32
    nonce: bytes
    base_fee_per_gas: int | None = None

    @cached_property
    def encoded(self) -> bytes:
        """See encode_header."""
        return encode_header(self)

    @cached_property
    def hash(self) -> Hash32:
        """The block's hash."""
        return keccak256(self.encoded)


header_fields = attrgetter(*Header.__dataclass_fields__)


class Block(Struct, frozen=True):
    """A header and the transactions that it commits to."""

    header: Header
    transactions: tuple[Transaction, ...]

    @property
    def hash(self) -> Hash32:
        """The header's hash."""
        return self.header.hash


def encode_header(header: Header) -> bytes:
    """The fields that the header has, as RLP, in their order."""
    fields = header_fields(header)
    return encode_item(fields[:-1] if fields[-1] is None else fields)


def decode_header(data: bytes, fork: Fork = BYZANTIUM) -> Header:
    """The header that `data` encodes, with the fork's fields; raises MalformedRlp."""
    names = fork.header_fields
    items = read_fields(data, "header", len(names))
    return Header(
        **{
            name: FIELD_READERS[name](item, name)
            for name, item in zip(names, items, strict=True)
        }
    )


def encode_block(block: Block) -> bytes:
    """Header, transactions and an empty list of ommers, as Ethereum encodes a block."""
    transactions = encode_list([transaction_item(tx) for tx in block.transactions])
    return encode_list([block.header.encoded, transactions, NO_OMMERS])


def decode_block(data: bytes, fork: Fork = BYZANTIUM) -> Block:
    """What `encode_block` wrote; raises MalformedRlp or InvalidTransaction.

    Header and transactions have the forms that `fork` knows. That they fit each other
    is not checked here.
    """
    header, transactions, ommers = read_fields(data, "block", 3)
    if read_list(ommers, "ommers"):
        raise MalformedRlp("block has ommers")
    return Block(
        header=decode_header(header, fork),
        transactions=tuple(
            read_transaction_item(item, fork.transaction_types)
            for item in read_list(transactions, "transactions")
        ),
    )


def transaction_item(tx: Transaction) -> bytes:
    """The item of a block's list: the transaction's RLP, or a string of its bytes."""
    return tx.encoded if tx.type == 0 else encode_item(tx.encoded)


def read_transaction_item(item: bytes, types: Collection[int]) -> Transaction:
    """The inverse of `transaction_item`; raises as `decode_transaction`."""
    try:
        raw = read_enveloped(item, "transaction")
    except MalformedRlp as error:
        raise MalformedTransaction(error.reason) from error
    return decode_transaction(raw, types)


def transactions_root(transactions: Iterable[Transaction]) -> Hash32:
    """Root of the trie that has each transaction at the RLP of its index."""
    return ordered_root([tx.encoded for tx in transactions])


def _read_hash(item: bytes, field: str) -> Hash32:
    return Hash32(read_bytes(item, field, 32))


def _read_address(item: bytes, field: str) -> Address:
    return Address(read_bytes(item, field, 20))


def _read_bloom(item: bytes, field: str) -> bytes:
    return read_bytes(item, field, BLOOM_BYTES)


def _read_uint64(item: bytes, field: str) -> int:
    return read_uint(item, field, 8)


def _read_extra_data(item: bytes, field: str) -> bytes:
    extra_data = read_bytes(item, field)
    if len(extra_data) > MAX_EXTRA_DATA_BYTES:
        raise MalformedRlp(
            f"{field} has {len(extra_data)} bytes, more than {MAX_EXTRA_DATA_BYTES}"
        )
    return extra_data


def _read_nonce(item: bytes, field: str) -> bytes:
    return read_bytes(item, field, NONCE_BYTES)


FIELD_READERS: Mapping[str, Callable[[bytes, str], Any]] = MappingProxyType(
    {
        "parent_hash": _read_hash,
        "ommers_hash": _read_hash,
        "coinbase": _read_address,
        "state_root": _read_hash,
        "transactions_root": _read_hash,
        "receipts_root": _read_hash,
        "logs_bloom": _read_bloom,
        "difficulty": read_uint,
        "number": _read_uint64,
        "gas_limit": _read_uint64,
        "gas_used": _read_uint64,
        "timestamp": _read_uint64,
        "extra_data": _read_extra_data,
        "mix_hash": _read_hash,
        "nonce": _read_nonce,
        "base_fee_per_gas": read_uint,
    }
)
