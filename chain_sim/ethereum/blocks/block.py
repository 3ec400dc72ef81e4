"""Headers and blocks: RLP, hashes, transactions root.

Every fork's header begins with the fields of the fork before; a field that the fork
lacks is None.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from chain_sim.ethereum.blocks.ordered_root import ordered_root
from chain_sim.ethereum.forks import BYZANTIUM, Fork
from chain_sim.ethereum.primitives.bloom import BLOOM_BYTES
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import (
    Encodable,
    encode_item,
    read_bytes,
    read_fields,
    read_list,
    read_uint,
    uint_bytes,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    encode_transaction,
    read_transaction_item,
    transaction_item,
)

EMPTY_OMMERS_HASH = keccak256(encode_item([]))
ZERO_HASH = Hash32(bytes(32))
NONCE_BYTES = 8
MAX_EXTRA_DATA_BYTES = 32
KEPT_HASHES = 1_024


@dataclass(frozen=True, slots=True)
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

    @property
    def hash(self) -> Hash32:
        """The block's hash."""
        return hash_of_header(self)


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the transactions that it commits to."""

    header: Header
    transactions: tuple[Transaction, ...]

    @property
    def hash(self) -> Hash32:
        """The header's hash."""
        return self.header.hash


@lru_cache(maxsize=KEPT_HASHES)
def hash_of_header(header: Header) -> Hash32:
    """Keccak-256 of the header's RLP: whoever reads a chain asks for it often."""
    return keccak256(encode_header(header))


def encode_header(header: Header) -> bytes:
    """The fields that the header has, as RLP, in their order."""
    return encode_item(_header_fields(header))


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
    transactions: list[Encodable] = [transaction_item(tx) for tx in block.transactions]
    return encode_item([_header_fields(block.header), transactions, []])


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


def transactions_root(transactions: Iterable[Transaction]) -> Hash32:
    """Root of the trie that has each transaction at the RLP of its index."""
    return ordered_root([encode_transaction(tx) for tx in transactions])


def _header_fields(header: Header) -> list[Encodable]:
    values = [getattr(header, name) for name in Header.__dataclass_fields__]
    return [
        uint_bytes(one) if isinstance(one, int) else one
        for one in values
        if one is not None
    ]


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
