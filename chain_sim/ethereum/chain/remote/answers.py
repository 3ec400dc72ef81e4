"""Values, receipts and blocks from a node's answers, which may be anything."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from chain_sim.ethereum.blocks.block import Header
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    parse_data,
    parse_hash,
    parse_quantity,
)
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
)
from contractvm.hosts.evm.interface import CallStatus, Log

MAX_QUANTITY_CHARACTERS = 2 + 64
MAX_TOPICS = 4
TRANSACTION_TYPES = (0, 1, 2)
NO_DATA = "0x"
UNKNOWN_FAILURE = "failed: the node does not say why"

Document = dict[str, Any]
T = TypeVar("T")


def text(given: object) -> str:
    """Text; TypeError for anything else."""
    if not isinstance(given, str):
        raise TypeError(f"{type(given).__name__}, not text")
    return given


def quantity(given: object) -> int:
    """A number below 2^256."""
    found = text(given)
    if len(found) > MAX_QUANTITY_CHARACTERS:
        raise ValueError(f"a quantity of {len(found)} characters")
    return parse_quantity(found)


def data(given: object) -> bytes:
    """Bytes."""
    return parse_data(text(given))


def hash32(given: object) -> Hash32:
    """Thirty-two bytes."""
    return parse_hash(text(given))


def address(given: object) -> Address:
    """Twenty bytes, in digits of any case."""
    found = data(given)
    if len(found) != 20:
        raise ValueError(f"an address of {len(found)} bytes")
    return Address(found)


def boolean(given: object) -> bool:
    """True or false."""
    if not isinstance(given, bool):
        raise TypeError(f"{type(given).__name__}, not true or false")
    return given


def optional(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """As `read`, of null too: None."""
    return lambda given: None if given is None else read(given)


def list_of(read: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """A list, each element read so."""

    def read_list(given: object) -> tuple[T, ...]:
        if not isinstance(given, list):
            raise TypeError(f"{type(given).__name__}, not a list")
        return tuple(map(read, given))

    return read_list


def document(given: object) -> Document:
    """An object."""
    if not isinstance(given, dict):
        raise TypeError(f"{type(given).__name__}, not an object")
    return given


def transaction(given: object) -> Transaction | None:
    """The transaction that bytes encode; None for null and for no bytes."""
    if given is None or given == NO_DATA:
        return None
    return decode_transaction(data(given), TRANSACTION_TYPES)


def log(given: object) -> Log:
    """A log."""
    found = document(given)
    topics = list_of(hash32)(found["topics"])
    if len(topics) > MAX_TOPICS:
        raise ValueError(f"{len(topics)} topics")
    return Log(address(found["address"]), topics, data(found["data"]))


def receipt(given: object) -> TransactionReceipt:
    """A receipt; `output` and `error` are there where the node is one of ours."""
    found = document(given)
    succeeded = bool(quantity(found["status"]))
    own = found.get("contractvm")
    output, error = b"", None if succeeded else UNKNOWN_FAILURE
    if own is not None:
        output, error = data(own["output"]), optional(text)(own["error"])
    created = optional(address)(found.get("contractAddress"))
    return TransactionReceipt(
        transaction_hash=hash32(found["transactionHash"]),
        transaction_index=quantity(found["transactionIndex"]),
        block_hash=hash32(found["blockHash"]),
        block_number=quantity(found["blockNumber"]),
        sender=address(found["from"]),
        to=optional(address)(found["to"]),
        contract_address=created if succeeded else None,
        succeeded=succeeded,
        gas_used=quantity(found["gasUsed"]),
        cumulative_gas_used=quantity(found["cumulativeGasUsed"]),
        gas_price=quantity(found.get("effectiveGasPrice", "0x0")),
        logs=list_of(log)(found["logs"]),
        output=output,
        error=error,
        type=quantity(found.get("type", "0x0")),
    )


def result(given: object) -> TransactionResult:
    """The result of a call on a node of ours."""
    found = document(given)
    return TransactionResult(
        status=CallStatus(found["status"]),
        gas_used=quantity(found["gasUsed"]),
        output=data(found["output"]),
        logs=list_of(log)(found["logs"]),
        created=optional(address)(found["created"]),
        error=optional(text)(found["error"]),
        units_left=quantity(found["unitsLeft"]),
        units_short=quantity(found["unitsShort"]),
    )


def simulated_result(given: object) -> TransactionResult:
    """The result of the one call of eth_simulateV1; it has no units."""
    (block,) = list_of(document)(given)
    (found,) = list_of(document)(block["calls"])
    succeeded = bool(quantity(found["status"]))
    failure = document(found.get("error") or {})
    is_revert = failure.get("code") == 3 or bool(failure.get("data"))
    status = CallStatus.REVERTED if is_revert else CallStatus.FAILURE
    return TransactionResult(
        status=CallStatus.SUCCESS if succeeded else status,
        gas_used=quantity(found["gasUsed"]),
        output=data(found["returnData"]),
        logs=list_of(log)(found.get("logs", [])),
        created=None,
        error=None
        if succeeded or is_revert
        else str(failure.get("message", UNKNOWN_FAILURE)),
        units_left=0,
    )


HEADER_FIELDS: Mapping[str, tuple[str, Callable[[object], Any]]] = MappingProxyType(
    {
        "parent_hash": ("parentHash", hash32),
        "ommers_hash": ("sha3Uncles", hash32),
        "coinbase": ("miner", address),
        "state_root": ("stateRoot", hash32),
        "transactions_root": ("transactionsRoot", hash32),
        "receipts_root": ("receiptsRoot", hash32),
        "logs_bloom": ("logsBloom", data),
        "difficulty": ("difficulty", quantity),
        "number": ("number", quantity),
        "gas_limit": ("gasLimit", quantity),
        "gas_used": ("gasUsed", quantity),
        "timestamp": ("timestamp", quantity),
        "extra_data": ("extraData", data),
        "mix_hash": ("mixHash", hash32),
        "nonce": ("nonce", data),
    }
)


def header(given: object) -> tuple[Header, Hash32, tuple[Hash32, ...]]:
    """A block's header, its hash as the node says it, and its transactions' hashes."""
    found = document(given)
    fields = {name: read(found[key]) for name, (key, read) in HEADER_FIELDS.items()}
    return (
        Header(**fields, base_fee_per_gas=base_fee(found)),
        hash32(found["hash"]),
        list_of(hash32)(found["transactions"]),
    )


def base_fee(given: object) -> int | None:
    """The base fee of a block, in wei; None without a fee market."""
    return optional(quantity)(document(given).get("baseFeePerGas"))
