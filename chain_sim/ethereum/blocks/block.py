"""Headers (Ethereum's fifteen fields) and blocks: RLP, hashes, transactions root."""

from collections.abc import Iterable
from dataclasses import dataclass

from chain_sim.ethereum.blocks.ordered_root import ordered_root
from chain_sim.ethereum.forks import BYZANTIUM
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
    decode_transaction,
    encode_transaction,
    transaction_fields,
)

EMPTY_OMMERS_HASH = keccak256(encode_item([]))
ZERO_HASH = Hash32(bytes(32))
NONCE_BYTES = 8
MAX_EXTRA_DATA_BYTES = 32
HEADER_FIELDS = BYZANTIUM.header_fields


@dataclass(frozen=True, slots=True)
class Header:
    """What a block's hash commits to; `timestamp` is in seconds.

    This chain has neither mining nor ommers: `difficulty`, `mix_hash` and `nonce` are
    kept for compatibility.
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

    @property
    def hash(self) -> Hash32:
        """The block's hash."""
        return keccak256(encode_header(self))


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the transactions that it commits to."""

    header: Header
    transactions: tuple[Transaction, ...]

    @property
    def hash(self) -> Hash32:
        """The header's hash."""
        return self.header.hash


def encode_header(header: Header) -> bytes:
    """The fields as RLP, in the fork's order."""
    return encode_item(_header_fields(header))


def decode_header(data: bytes) -> Header:
    """The header that `data` encodes; raises MalformedRlp."""
    items = iter(read_fields(data, "header", len(HEADER_FIELDS)))
    header = Header(
        parent_hash=_read_hash(next(items), "parent_hash"),
        ommers_hash=_read_hash(next(items), "ommers_hash"),
        coinbase=Address(read_bytes(next(items), "coinbase", 20)),
        state_root=_read_hash(next(items), "state_root"),
        transactions_root=_read_hash(next(items), "transactions_root"),
        receipts_root=_read_hash(next(items), "receipts_root"),
        logs_bloom=read_bytes(next(items), "logs_bloom", BLOOM_BYTES),
        difficulty=read_uint(next(items), "difficulty"),
        number=read_uint(next(items), "number", 8),
        gas_limit=read_uint(next(items), "gas_limit", 8),
        gas_used=read_uint(next(items), "gas_used", 8),
        timestamp=read_uint(next(items), "timestamp", 8),
        extra_data=read_bytes(next(items), "extra_data"),
        mix_hash=_read_hash(next(items), "mix_hash"),
        nonce=read_bytes(next(items), "nonce", NONCE_BYTES),
    )
    if len(header.extra_data) > MAX_EXTRA_DATA_BYTES:
        raise MalformedRlp(
            f"extra_data has {len(header.extra_data)} bytes, "
            f"more than {MAX_EXTRA_DATA_BYTES}"
        )
    return header


def encode_block(block: Block) -> bytes:
    """Header, transactions and an empty list of ommers, as Ethereum encodes a block."""
    transactions: list[Encodable] = [
        transaction_fields(tx) for tx in block.transactions
    ]
    return encode_item([_header_fields(block.header), transactions, []])


def decode_block(data: bytes) -> Block:
    """What `encode_block` wrote; raises MalformedRlp or InvalidTransaction.

    That header and transactions fit each other is not checked here.
    """
    header, transactions, ommers = read_fields(data, "block", 3)
    if read_list(ommers, "ommers"):
        raise MalformedRlp("block has ommers")
    return Block(
        header=decode_header(header),
        transactions=tuple(
            decode_transaction(item) for item in read_list(transactions, "transactions")
        ),
    )


def transactions_root(transactions: Iterable[Transaction]) -> Hash32:
    """Root of the trie that has each transaction at the RLP of its index."""
    return ordered_root([encode_transaction(tx) for tx in transactions])


def _header_fields(header: Header) -> list[Encodable]:
    values = [getattr(header, name) for name in HEADER_FIELDS]
    return [uint_bytes(one) if isinstance(one, int) else one for one in values]


def _read_hash(item: bytes, field: str) -> Hash32:
    return Hash32(read_bytes(item, field, 32))
