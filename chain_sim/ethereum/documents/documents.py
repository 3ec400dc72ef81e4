"""Transactions, receipts and blocks as documents, with the keys of Ethereum's JSON-RPC.

Data, hashes and addresses are `0x` text; gas, wei and all other numbers are integers.
"""

from collections.abc import Callable, Sequence
from typing import Any

from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.text import Address, format_address, format_data
from chain_sim.ethereum.primitives.transactions import (
    FeeMarketTransaction,
    Transaction,
)
from contractvm.hosts.evm.interface import Log

Document = dict[str, Any]

WEI_DECIMALS = 18
REVERTED = "reverted"
SHOWN_BYTES = 68


def address_text(address: bytes | None) -> str | None:
    """The address with its checksum; None stays None."""
    return None if address is None else format_address(Address(address))


def amount_text(wei: int) -> str:
    """`1500000000000000000 wei (1.5 ether)`."""
    whole, fraction = divmod(wei, 10**WEI_DECIMALS)
    digits = str(fraction).rjust(WEI_DECIMALS, "0").rstrip("0")
    return f"{wei} wei ({whole}{'.' if digits else ''}{digits} ether)"


def error_text(succeeded: bool, error: str | None) -> str | None:
    """Why a contract failed; without an internal error, it reverted."""
    return None if succeeded else error or REVERTED


def failure_text(error: str | None, output: bytes) -> str:
    """Why a contract failed, with the reason or the data that it gave."""
    if error is not None:
        return error
    reason = revert_reason(output)
    if reason is not None:
        return f"{REVERTED}: {reason}"
    if not output:
        return f"{REVERTED} without a reason"
    rest = "..." if len(output) > SHOWN_BYTES else ""
    return f"{REVERTED} with {format_data(output[:SHOWN_BYTES])}{rest}"


def log_document(log: Log) -> Document:
    """A log, without its index."""
    return {
        "address": address_text(log.address),
        "topics": [format_data(topic) for topic in log.topics],
        "data": format_data(log.data),
    }


def log_documents(logs: Sequence[Log]) -> list[Document]:
    """A transaction's logs, in order."""
    return [{"logIndex": index, **log_document(log)} for index, log in enumerate(logs)]


def log_lines(
    logs: Sequence[Log], name: Callable[[Log], str | None] = lambda _: None
) -> list[str]:
    """A line for each log; one for each of its topics and its data, or its `name`."""
    lines = []
    for index, log in enumerate(logs):
        lines.append(f"{index}: from {address_text(log.address)}")
        if (event := name(log)) is not None:
            lines.append(f"   {event}")
            continue
        lines += [f"   topic {format_data(topic)}" for topic in log.topics]
        lines.append(f"   data {format_data(log.data)}")
    return lines


def receipt_document(receipt: TransactionReceipt) -> Document:
    """A transaction's result; `status` is 1 for success."""
    return {
        "transactionHash": format_data(receipt.transaction_hash),
        "transactionIndex": receipt.transaction_index,
        "blockHash": format_data(receipt.block_hash),
        "blockNumber": receipt.block_number,
        "from": address_text(receipt.sender),
        "to": address_text(receipt.to),
        "contractAddress": address_text(receipt.contract_address),
        "status": int(receipt.succeeded),
        "gasUsed": receipt.gas_used,
        "cumulativeGasUsed": receipt.cumulative_gas_used,
        "effectiveGasPrice": receipt.gas_price,
        **({"type": receipt.type} if receipt.type else {}),
        "logs": log_documents(receipt.logs),
        "output": format_data(receipt.output),
        "error": error_text(receipt.succeeded, receipt.error),
        "revertReason": revert_reason(receipt.output),
    }


def receipt_facts(receipt: TransactionReceipt) -> Document:
    """The receipt as text, without uninformative fields."""
    failed = failure_text(receipt.error, receipt.output)
    return {
        "transaction": format_data(receipt.transaction_hash),
        "status": "success" if receipt.succeeded else f"failed: {failed}",
        "from": address_text(receipt.sender),
        "to": address_text(receipt.to),
        "contract": address_text(receipt.contract_address),
        "gas used": receipt.gas_used,
        "block": f"{receipt.block_number} {format_data(receipt.block_hash)}",
        "logs": log_lines(receipt.logs),
    }


def transaction_document(tx: Transaction, receipt: TransactionReceipt) -> Document:
    """A transaction of the chain; the receipt has its block and index.

    `gasPrice` is the effective one.
    """
    return {
        "hash": format_data(receipt.transaction_hash),
        "blockHash": format_data(receipt.block_hash),
        "blockNumber": receipt.block_number,
        "transactionIndex": receipt.transaction_index,
        "from": address_text(receipt.sender),
        "to": address_text(tx.to),
        "nonce": tx.nonce,
        "value": tx.value,
        "gas": tx.gas_limit,
        "gasPrice": receipt.gas_price,
        **_typed_fields(tx),
        "input": format_data(tx.data),
        "chainId": tx.chain_id,
        "v": tx.v,
        "r": format_data(tx.r.to_bytes(32, "big")),
        "s": format_data(tx.s.to_bytes(32, "big")),
    }


def access_list_document(entries: AccessList) -> list[Document]:
    """The addresses of an access list with their keys, in its order."""
    return [
        {
            "address": address_text(address),
            "storageKeys": [format_data(key) for key in keys],
        }
        for address, keys in entries
    ]


def _typed_fields(tx: Transaction) -> Document:
    """What a legacy transaction does not have."""
    if tx.type == 0:
        return {}
    document: Document = {"type": tx.type}
    document["accessList"] = access_list_document(tx.access_list)
    if isinstance(tx, FeeMarketTransaction):
        document["maxFeePerGas"] = tx.max_fee_per_gas
        document["maxPriorityFeePerGas"] = tx.max_priority_fee_per_gas
    return document


def block_document(block: Block) -> Document:
    """A block's header and its transactions' hashes."""
    header = block.header
    return {
        "number": header.number,
        "hash": format_data(block.hash),
        "parentHash": format_data(header.parent_hash),
        "timestamp": header.timestamp,
        "stateRoot": format_data(header.state_root),
        "transactionsRoot": format_data(header.transactions_root),
        "receiptsRoot": format_data(header.receipts_root),
        "logsBloom": format_data(header.logs_bloom),
        "gasLimit": header.gas_limit,
        "gasUsed": header.gas_used,
        **_base_fee(header.base_fee_per_gas),
        "miner": address_text(header.coinbase),
        "difficulty": header.difficulty,
        "extraData": format_data(header.extra_data),
        "mixHash": format_data(header.mix_hash),
        "nonce": format_data(header.nonce),
        "sha3Uncles": format_data(header.ommers_hash),
        "transactions": [format_data(tx.hash) for tx in block.transactions],
    }


def _base_fee(base_fee: int | None) -> Document:
    return {} if base_fee is None else {"baseFeePerGas": base_fee}
