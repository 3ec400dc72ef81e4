"""Logs and receipts (EIP-658 status), their RLP and their hashes."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from chain_sim.ethereum.blocks.ordered_root import ordered_root
from chain_sim.ethereum.primitives.bloom import BLOOM_BYTES, bloom_of
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import (
    FIRST_UNTYPED_BYTE,
    Encodable,
    encode_item,
    encode_list,
    read_bytes,
    read_enveloped,
    read_fields,
    read_list,
    read_uint,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from contractvm.hosts.evm.interface import Log

MAX_TOPICS = 4


class Receipt(Struct, frozen=True, dict=True):
    """What a transaction did; `status` is True for success.

    `cumulative_gas_used` counts the block's gas up to and with this transaction; `type`
    is the transaction's (EIP-2718).
    """

    status: bool
    cumulative_gas_used: int
    bloom: bytes
    logs: tuple[Log, ...]
    type: int = 0

    @cached_property
    def encoded(self) -> bytes:
        """See encode_receipt."""
        return encode_receipt(self)


def make_receipt(
    status: bool, cumulative_gas_used: int, logs: Sequence[Log], type_: int = 0
) -> Receipt:
    """A receipt with the bloom that its logs give."""
    return Receipt(status, cumulative_gas_used, logs_bloom(logs), tuple(logs), type_)


def logs_bloom(logs: Iterable[Log]) -> bytes:
    """The filter of every log's address and topics; data is not in it."""
    return bloom_of(item for log in logs for item in (log.address, *log.topics))


def logs_hash(logs: Iterable[Log]) -> Hash32:
    """The hash that state tests use to compare logs, in the order of their emission."""
    return keccak256(encode_item([_log_fields(log) for log in logs]))


def encode_receipt(receipt: Receipt) -> bytes:
    """The four fields as RLP, with the type's byte before them unless it is 0."""
    status, gas = receipt.status, receipt.cumulative_gas_used
    logs: list[Encodable] = [_log_fields(log) for log in receipt.logs]
    payload = encode_item([status, gas, receipt.bloom, logs])
    return payload if receipt.type == 0 else bytes((receipt.type,)) + payload


def decode_receipt(data: bytes) -> Receipt:
    """The receipt that `data` encodes; raises MalformedRlp."""
    type_ = data[0] if data[:1] and 0 < data[0] < FIRST_UNTYPED_BYTE else 0
    status, gas, bloom, logs = read_fields(data[type_ > 0 :], "receipt", 4)
    status_number = read_uint(status, "status")
    if status_number > 1:
        raise MalformedRlp(f"status is {status_number}, not 0 or 1")
    return Receipt(
        status=status_number == 1,
        cumulative_gas_used=read_uint(gas, "cumulative_gas_used", 8),
        bloom=read_bytes(bloom, "bloom", BLOOM_BYTES),
        logs=tuple(_read_log(item) for item in read_list(logs, "logs")),
        type=type_,
    )


def read_receipt_item(item: bytes) -> Receipt:
    """A receipt of what `encode_receipts` wrote; raises MalformedRlp."""
    return decode_receipt(read_enveloped(item, "receipt"))


def receipts_root(receipts: Iterable[Receipt]) -> Hash32:
    """Root of the trie that has each receipt at the RLP of its index."""
    return ordered_root([receipt.encoded for receipt in receipts])


def encode_receipts(receipts: Iterable[Receipt]) -> bytes:
    """A block's receipts as one value, for storage."""
    return encode_list(
        [
            receipt.encoded if receipt.type == 0 else encode_item(receipt.encoded)
            for receipt in receipts
        ]
    )


def decode_receipts(data: bytes) -> tuple[Receipt, ...]:
    """What `encode_receipts` wrote; raises MalformedRlp."""
    return tuple(read_receipt_item(item) for item in read_list(data, "receipts"))


def _log_fields(log: Log) -> list[Encodable]:
    return [log.address, log.topics, log.data]


def _read_log(item: bytes) -> Log:
    address, topics, data = read_fields(item, "log", 3)
    topic_items = read_list(topics, "topics")
    if len(topic_items) > MAX_TOPICS:
        raise MalformedRlp(f"log has {len(topic_items)} topics, more than {MAX_TOPICS}")
    return Log(
        address=Address(read_bytes(address, "address", 20)),
        topics=tuple(Hash32(read_bytes(topic, "topic", 32)) for topic in topic_items),
        data=read_bytes(data, "data"),
    )
