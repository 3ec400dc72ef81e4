"""Blocks, transactions and receipts in anvil's form, read and written.

Reading is strict: what was read is written again and must be the same document.
"""

import json
from collections.abc import Sequence
from typing import Any

from chain_sim.ethereum.blocks.block import Block, Header
from chain_sim.ethereum.blocks.block_store import StoredOutcome
from chain_sim.ethereum.blocks.genesis import MAX_BLOCK_GAS
from chain_sim.ethereum.blocks.receipts import Receipt, logs_bloom, make_receipt
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.documents.rpc_fields import access_list_fields, header_fields
from chain_sim.ethereum.dumps.edit_documents import edit_documents, read_edits
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.forks import BYZANTIUM, Fork
from chain_sim.ethereum.primitives.bloom import BLOOM_BYTES
from chain_sim.ethereum.primitives.strict_json import JsonObject, as_object
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.ethereum.primitives.transactions import (
    KNOWN_TYPES,
    MAX_NONCE,
    MAX_UINT_64,
    MAX_UINT_256,
    AccessListTransaction,
    FeeMarketTransaction,
    Transaction,
)
from chain_sim.ethereum.state.edits import Edits
from contractvm.hosts.evm.interface import Log

MAX_TYPE = KNOWN_TYPES[-1]
# Anvil's names for how a transaction ended.
EXIT_STOP = "Stop"
EXIT_RETURN = "Return"
EXIT_REVERT = "Revert"
EXIT_FAILED = "InvalidFEOpcode"


def anvil_block(block: Block, edits: Edits = ()) -> Document:
    """An item of the dump's `blocks`; `edits`, before them, are an extension."""
    return {
        "header": header_fields(block.header),
        "transactions": [
            {
                "transaction": _transaction_document(tx),
                "impersonated_sender": _impersonated_sender(tx),
            }
            for tx in block.transactions
        ],
        "ommers": [],
        **({"edits": edit_documents(edits)} if edits else {}),
    }


def read_block(document: object, place: str, fork: Fork = BYZANTIUM) -> Block:
    """The block in a document written by this project; raises MalformedDump."""
    content = as_object(document, MalformedDump, place)
    header = content.member_object("header")
    block = Block(
        Header(
            parent_hash=Hash32(header.data("parentHash", 32)),
            ommers_hash=Hash32(header.data("sha3Uncles", 32)),
            coinbase=Address(header.data("miner", 20)),
            state_root=Hash32(header.data("stateRoot", 32)),
            transactions_root=Hash32(header.data("transactionsRoot", 32)),
            receipts_root=Hash32(header.data("receiptsRoot", 32)),
            logs_bloom=header.data("logsBloom", BLOOM_BYTES),
            difficulty=header.quantity("difficulty", 0, MAX_UINT_256),
            number=header.quantity("number", 0, MAX_UINT_64),
            gas_limit=header.quantity("gasLimit", 0, MAX_BLOCK_GAS),
            gas_used=header.quantity("gasUsed", 0, MAX_BLOCK_GAS),
            timestamp=header.quantity("timestamp", 0, MAX_UINT_64),
            extra_data=header.data("extraData"),
            mix_hash=Hash32(header.data("mixHash", 32)),
            nonce=header.data("nonce", 8),
            base_fee_per_gas=header.quantity("baseFeePerGas", 0, MAX_UINT_256)
            if fork.fee_market
            else None,
        ),
        tuple(
            _read_transaction(item.member_object("transaction"), fork)
            for item in content.objects("transactions")
        ),
    )
    if anvil_block(block, read_block_edits(document, place)) != document:
        raise MalformedDump(place, "has something that no block of this chain has")
    return block


def read_block_edits(document: object, place: str) -> Edits:
    """The edits of a block's document, none if it has none; raises MalformedDump."""
    if not isinstance(document, dict) or "edits" not in document:
        return ()
    return read_edits(document["edits"], f"{place}.edits")


def anvil_transaction(tx: Transaction, receipt: TransactionReceipt) -> Document:
    """An item of the dump's `transactions`; `error` is an extension."""
    contract = receipt.contract_address
    return {
        "info": {
            "transaction_hash": format_data(receipt.transaction_hash),
            "transaction_index": receipt.transaction_index,
            "from": format_data(receipt.sender),
            "to": None if tx.to is None else format_data(tx.to),
            "contract_address": None if contract is None else format_data(contract),
            "traces": [],
            "exit": _exit_name(receipt),
            "out": format_data(receipt.output),
            "nonce": tx.nonce,
            "gas_used": receipt.gas_used,
        },
        "receipt": {
            "type": format_quantity(receipt.type),
            "status": format_quantity(receipt.succeeded),
            "cumulativeGasUsed": format_quantity(receipt.cumulative_gas_used),
            "logs": [
                {
                    "address": format_data(log.address),
                    "topics": [format_data(topic) for topic in log.topics],
                    "data": format_data(log.data),
                }
                for log in receipt.logs
            ],
            "logsBloom": format_data(logs_bloom(receipt.logs)),
        },
        "block_hash": format_data(receipt.block_hash),
        "block_number": receipt.block_number,
        "error": receipt.error,
    }


def read_receipt(document: object, place: str) -> tuple[Receipt, StoredOutcome]:
    """The result in a document written by this project; its block has the rest."""
    content = as_object(document, MalformedDump, place)
    receipt = content.member_object("receipt")
    logs = [
        Log(
            log.data("address", 20),
            tuple(log.data_list("topics", 32)),
            log.data("data"),
        )
        for log in receipt.objects("logs")
    ]
    error = "" if content.is_null("error") else content.name("error")
    succeeded = receipt.quantity("status", 0, 1) == 1
    if succeeded and error:
        content.refuse("error", "is given with a success")
    return (
        make_receipt(
            succeeded,
            receipt.quantity("cumulativeGasUsed", 0, MAX_BLOCK_GAS),
            logs,
            receipt.quantity("type", 0, MAX_TYPE),
        ),
        StoredOutcome(content.member_object("info").data("out"), error),
    )


def require_same(
    found: Sequence[Document], documents: Sequence[object], place: str
) -> None:
    """Raise MalformedDump unless the documents are what their content is written as."""
    for index, (document, again) in enumerate(zip(documents, found, strict=True)):
        # As text: to Python, true and 1 are the same.
        if as_text(document) != as_text(again):
            raise MalformedDump(
                f"{place}, transaction {index}", "does not fit its block"
            )


def as_text(document: object) -> str:
    """The document as text, the same for any order of keys."""
    return json.dumps(document, sort_keys=True)


def _exit_name(receipt: TransactionReceipt) -> str:
    if receipt.succeeded:
        return EXIT_RETURN if receipt.output else EXIT_STOP
    return EXIT_REVERT if receipt.error is None else EXIT_FAILED


def _transaction_document(tx: Transaction) -> Document:
    chain_id = tx.chain_id
    fees = {"gasPrice": format_quantity(tx.gas_price)}
    if isinstance(tx, FeeMarketTransaction):
        fees = {
            "maxFeePerGas": format_quantity(tx.max_fee_per_gas),
            "maxPriorityFeePerGas": format_quantity(tx.max_priority_fee_per_gas),
        }
    return {
        "type": format_quantity(tx.type),
        **({} if chain_id is None else {"chainId": format_quantity(chain_id)}),
        "nonce": format_quantity(tx.nonce),
        **fees,
        "gas": format_quantity(tx.gas_limit),
        "to": None if tx.to is None else format_data(tx.to),
        "value": format_quantity(tx.value),
        "input": format_data(tx.data),
        **({} if tx.type == 0 else _access_list_fields(tx)),
        "r": format_quantity(tx.r),
        "s": format_quantity(tx.s),
        "v": format_quantity(tx.v),
        "hash": format_data(tx.hash),
    }


def _access_list_fields(tx: Transaction) -> Document:
    return {
        "accessList": access_list_fields(tx.access_list),
        "yParity": format_quantity(tx.v),
    }


def _read_transaction(content: JsonObject, fork: Fork) -> Transaction:
    type_ = content.quantity("type", 0, MAX_TYPE)
    if type_ not in fork.transaction_types:
        content.refuse("type", "the chain has no transactions of this type")
    fields: dict[str, Any] = {
        "nonce": content.quantity("nonce", 0, MAX_NONCE),
        "gas_limit": content.quantity("gas", 0, MAX_UINT_64),
        "to": None if content.is_null("to") else Address(content.data("to", 20)),
        "value": content.quantity("value", 0, MAX_UINT_256),
        "data": content.data("input"),
        "v": content.quantity("v", 0, MAX_UINT_256),
        "r": content.quantity("r", 0, MAX_UINT_256),
        "s": content.quantity("s", 0, MAX_UINT_256),
    }
    price = "maxFeePerGas" if type_ == FeeMarketTransaction.type else "gasPrice"
    fields["gas_price"] = content.quantity(price, 0, MAX_UINT_256)
    if type_ == 0:
        return Transaction(**fields)
    fields["chain_id"] = content.quantity("chainId", 0, MAX_UINT_256)
    fields["access_list"] = tuple(
        (Address(entry.data("address", 20)), tuple(entry.data_list("storageKeys", 32)))
        for entry in content.objects("accessList")
    )
    if type_ == AccessListTransaction.type:
        return AccessListTransaction(**fields)
    tip = content.quantity("maxPriorityFeePerGas", 0, MAX_UINT_256)
    return FeeMarketTransaction(max_priority_fee_per_gas=tip, **fields)


def _impersonated_sender(tx: Transaction) -> str | None:
    """The sender where there is no signature; None where there is one."""
    if tx.s:
        return None
    return format_data(tx.r.to_bytes(32, "big")[-ADDRESS_BYTES:])
