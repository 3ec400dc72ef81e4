"""Blocks, transactions, receipts and logs as JSON-RPC has them."""

from collections.abc import Iterator, Sequence
from typing import Any

from chain_sim.ethereum.blocks.block import Block, Header, encode_block
from chain_sim.ethereum.blocks.receipts import Receipt
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.documents.rpc_fields import access_list_fields, header_fields
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.text import Address, format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.node.values import address_text
from contractvm.hosts.evm.interface import Log

Document = dict[str, Any]


def header_document(header: Header) -> Document:
    """The header's fields, as a subscription to new heads sends them."""
    return {"hash": format_data(header.hash), **header_fields(header)}


def block_document(block: Block, transactions: Sequence[object]) -> Document:
    """The block with its transactions: their hashes, or their documents."""
    return {
        **header_document(block.header),
        "totalDifficulty": "0x0",
        "size": format_quantity(len(encode_block(block))),
        "uncles": [],
        "transactions": transactions,
    }


def transaction_document(tx: Transaction, sender: Address) -> Document:
    """A transaction that is in no block yet."""
    return {
        "type": format_quantity(tx.type),
        "hash": format_data(tx.hash),
        "nonce": format_quantity(tx.nonce),
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
        "from": format_data(sender),
        "to": address_text(tx.to),
        "value": format_quantity(tx.value),
        "gas": format_quantity(tx.gas_limit),
        "gasPrice": format_quantity(tx.gas_price),
        "input": format_data(tx.data),
        **({} if tx.chain_id is None else {"chainId": format_quantity(tx.chain_id)}),
        **_typed_fields(tx),
        "v": format_quantity(tx.v),
        "r": format_quantity(tx.r),
        "s": format_quantity(tx.s),
    }


def _typed_fields(tx: Transaction) -> Document:
    """What transactions of types 1 and 2 have besides."""
    if tx.type == 0:
        return {}
    fields: Document = {
        "accessList": access_list_fields(tx.access_list),
        "yParity": format_quantity(tx.v),
    }
    if tx.type == 2:
        fields["maxFeePerGas"] = format_quantity(tx.max_fee_per_gas)
        tip = tx.max_priority_fee_per_gas
        fields["maxPriorityFeePerGas"] = format_quantity(tip)
    return fields


def mined_document(
    tx: Transaction, sender: Address, header: Header, index: int
) -> Document:
    """A transaction in the block with that header."""
    price = tx.effective_gas_price(header.base_fee_per_gas or 0)
    return {
        **transaction_document(tx, sender),
        "gasPrice": format_quantity(price),
        "blockHash": format_data(header.hash),
        "blockNumber": format_quantity(header.number),
        "blockTimestamp": format_quantity(header.timestamp),
        "transactionIndex": format_quantity(index),
    }


def log_documents(
    block: Block, receipts: Sequence[Receipt], *, removed: bool = False
) -> Iterator[tuple[Log, Document]]:
    """Each log of a block, and its document, in order."""
    header = block.header
    place = {
        "blockNumber": format_quantity(header.number),
        "blockHash": format_data(header.hash),
        "blockTimestamp": format_quantity(header.timestamp),
    }
    log_index = 0
    for tx_index, receipt in enumerate(receipts):
        if not receipt.logs:
            continue
        tx_hash = format_data(block.transactions[tx_index].hash)
        for log in receipt.logs:
            yield (
                log,
                {
                    "address": format_data(log.address),
                    "topics": [format_data(topic) for topic in log.topics],
                    "data": format_data(log.data),
                    **place,
                    "transactionHash": tx_hash,
                    "transactionIndex": format_quantity(tx_index),
                    "logIndex": format_quantity(log_index),
                    "removed": removed,
                },
            )
            log_index += 1


def receipt_documents(
    block: Block,
    receipts: Sequence[TransactionReceipt],
    stored: Sequence[Receipt],
    *,
    details: bool = False,
) -> Iterator[Document]:
    """The receipts of a block's transactions, in order.

    With `details` each has what [EA] does not know under the key `contractvm`.
    """
    logs = [document for _, document in log_documents(block, stored)]
    first = 0
    rows = zip(block.transactions, receipts, stored, strict=True)
    for tx, receipt, consensus in rows:
        end = first + len(consensus.logs)
        creation = contract_address(receipt.sender, tx.nonce)
        document: Document = {
            "type": format_quantity(tx.type),
            "status": format_quantity(int(receipt.succeeded)),
            "cumulativeGasUsed": format_quantity(receipt.cumulative_gas_used),
            "logs": logs[first:end],
            "logsBloom": format_data(consensus.bloom),
            "transactionHash": format_data(receipt.transaction_hash),
            "transactionIndex": format_quantity(receipt.transaction_index),
            "blockHash": format_data(receipt.block_hash),
            "blockNumber": format_quantity(receipt.block_number),
            "gasUsed": format_quantity(receipt.gas_used),
            "effectiveGasPrice": format_quantity(receipt.gas_price),
            "from": format_data(receipt.sender),
            "to": address_text(receipt.to),
            "contractAddress": address_text(creation if tx.to is None else None),
        }
        if details:
            document["contractvm"] = {
                "error": receipt.error,
                "output": format_data(receipt.output),
            }
        yield document
        first = end
