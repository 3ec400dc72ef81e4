"""Transactions with what an ABI says about them."""

from collections.abc import Iterator

from msgspec.structs import replace

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.documents.documents import (
    Document,
    address_text,
    failure_text,
    receipt_document,
    transaction_document,
)
from chain_sim.ethereum.primitives.arguments import HashLike
from chain_sim.ethereum.primitives.errors import BlockNotKept
from chain_sim.ethereum.primitives.text import Address, format_data
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.node.explorer.explorer import (
    PAGE_ROWS,
    SHOWN_BYTES,
    Explorer,
    data_document,
    decoded_document,
)
from contractvm.hosts.evm.interface import Log

# About a sixth of a second, in which the chain serves nobody else.
MAX_STEPS = 2_000
SELECTOR_BYTES = 4

Place = tuple[int, int]
"""A block's number, and how many of its first transactions are still to be shown."""


def get_transaction(explorer: Explorer, tx_hash: HashLike) -> Document:
    """A transaction and its receipt, decoded where an ABI is known."""
    chain = explorer.chain
    tx, receipt = chain.transaction(tx_hash), chain.receipt(tx_hash)
    abi = explorer.abi_of(receipt.to)
    # What is long in the receipt is given in pages, or cut.
    short = replace(receipt, logs=(), output=receipt.output[:SHOWN_BYTES])
    failure = error = None
    if not receipt.succeeded:
        failure = failure_text(receipt.error, receipt.output)[:SHOWN_BYTES]
        error = decoded_document(abi.error(receipt.output))
    return {
        "transaction": {
            **transaction_document(tx, receipt),
            "input": data_document(tx.data),
        },
        "receipt": {
            **receipt_document(short),
            "logs": len(receipt.logs),
            "output": data_document(receipt.output),
        },
        "timestamp": chain.block(receipt.block_hash).header.timestamp,
        "call": decoded_document(abi.call(tx.data)),
        "error": error,
        "failure": failure,
        **list_logs(explorer, tx_hash, 0),
    }


def list_logs(explorer: Explorer, tx_hash: HashLike, start: int) -> Document:
    """A page of a transaction's logs, decoded where an ABI is known."""
    logs = explorer.chain.receipt(tx_hash).logs
    end = start + PAGE_ROWS
    return {
        "logs": [
            {"logIndex": start + place, **log_document(explorer, log)}
            for place, log in enumerate(logs[start:end])
        ],
        "next": end if end < len(logs) else None,
    }


def log_document(explorer: Explorer, log: Log) -> Document:
    """A log, and the event that it is of."""
    event = explorer.abi_of(Address(log.address)).event(tuple(log.topics), log.data)
    return {
        "address": address_text(log.address),
        "topics": [format_data(topic) for topic in log.topics],
        "data": data_document(log.data),
        "event": decoded_document(event),
    }


def list_transactions(
    explorer: Explorer, start: Place | None, account: Address | None
) -> Document:
    """Transactions of the chain or of an account, the newest first, from `start` on.

    One page looks at MAX_STEPS transactions and empty blocks at most, so it may have
    fewer rows than PAGE_ROWS although another follows.
    """
    rows: list[Document] = []
    for step, (place, found) in enumerate(walk_back(explorer, start)):
        if len(rows) == PAGE_ROWS or step == MAX_STEPS:
            return {"transactions": rows, "next": f"{place[0]}:{place[1]}"}
        if found is not None:
            block, tx, receipt = found
            parties = (receipt.sender, tx.to, receipt.contract_address)
            if account is None or account in parties:
                rows.append(transaction_row(explorer, block, tx, receipt))
    return {"transactions": rows, "next": None}


def walk_back(
    explorer: Explorer, start: Place | None
) -> Iterator[tuple[Place, tuple[Block, Transaction, TransactionReceipt] | None]]:
    """Transactions, the newest first, and None for an empty block, each at its place.

    Ends where receipts were pruned.
    """
    for block in explorer.chain.history.blocks(start and start[0]):
        number, count = block.header.number, len(block.transactions)
        if start is not None and number == start[0]:
            count = min(count, start[1])
        if not count:
            yield (number, 0), None
            continue
        try:
            receipts = explorer.chain.reader.receipts(block)
        except BlockNotKept:
            return
        for index in reversed(range(count)):
            found = block, block.transactions[index], receipts[index]
            yield (number, index + 1), found


def transaction_rows(
    explorer: Explorer, block: Block, start: int, end: int
) -> list[Document]:
    """The rows of some of a block's transactions."""
    receipts = explorer.chain.reader.receipts(block)
    pairs = list(zip(block.transactions, receipts, strict=True))[start:end]
    return [transaction_row(explorer, block, tx, receipt) for tx, receipt in pairs]


def transaction_row(
    explorer: Explorer, block: Block, tx: Transaction, receipt: TransactionReceipt
) -> Document:
    """A transaction in a list; `method` is a name or a selector."""
    return {
        "hash": format_data(receipt.transaction_hash),
        "blockNumber": receipt.block_number,
        "transactionIndex": receipt.transaction_index,
        "timestamp": block.header.timestamp,
        "from": address_text(receipt.sender),
        "to": address_text(receipt.to),
        "contractAddress": address_text(receipt.contract_address),
        "value": tx.value,
        "gasUsed": receipt.gas_used,
        "status": int(receipt.succeeded),
        "method": method_name(explorer, tx),
    }


def method_name(explorer: Explorer, tx: Transaction) -> str | None:
    """What a call calls: a function's name, or the selector; None for a transfer."""
    if tx.to is None or not tx.data:
        return None
    call = explorer.abi_of(tx.to).call(tx.data)
    return format_data(tx.data[:SELECTOR_BYTES]) if call is None else call.name
