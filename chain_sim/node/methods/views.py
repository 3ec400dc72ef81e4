"""Methods of Otterscan, an explorer, and of Erigon.

Searches look at 10,000 blocks at most: there is no index of an account's transactions.
"""

from collections.abc import Iterator

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.node.documents import Document
from chain_sim.node.errors import LIMIT_EXCEEDED, RpcError
from chain_sim.node.methods.blocks import (
    BY_HASH,
    BY_NUMBER,
    Choose,
    chosen,
    receipts_in,
    transactions_of,
    whole_block,
)
from chain_sim.node.methods.traces import find_transaction
from chain_sim.node.node import Node
from chain_sim.node.parameters import Kind, Method, method
from chain_sim.node.tracing.call_documents import otterscan_documents, target_of
from chain_sim.node.tracing.call_tree import CallNode, is_creation
from chain_sim.node.tracing.tracers import tree_of_transaction
from chain_sim.node.values import (
    COUNT_64,
    BlockChoice,
    address_parameter,
    at_most,
    block_parameter,
    hash_parameter,
    required,
)
from chain_sim.node.views import state_at

API_LEVEL = 8
MAX_SCANNED = 10_000
MAX_PAGE = 1_000
PAGE_SIZE = Kind("number", at_most(MAX_PAGE))
TRANSFER, SELF_DESTRUCT, CREATE = 0, 1, 2


def api_level(_node: Node) -> int:
    """The version of Otterscan's methods."""
    return API_LEVEL


def has_code(node: Node, address: Address, block: BlockChoice) -> bool:
    """Whether the account has code."""
    return bool(state_at(node, block).get_code(address))


def header(node: Node, which: BlockChoice) -> Document | None:
    """The block without its transactions; null where there is none."""
    found = node.find_block(which)
    return None if found is None else whole_block(node, found, is_full=False)


def transaction_error(node: Node, tx_hash: Hash32) -> str:
    """The data that a failed transaction reverted with."""
    receipt = receipt_of(node, tx_hash)
    return "0x" if receipt.succeeded else format_data(receipt.output)


def receipt_of(node: Node, tx_hash: Hash32) -> TransactionReceipt:
    """The receipt of a transaction; raises RpcError."""
    find_transaction(node, tx_hash)
    return node.chain.receipt(tx_hash)


def tree_of(node: Node, tx_hash: Hash32) -> CallNode:
    """The messages of a transaction, whose block is run again."""
    return tree_of_transaction(node, *find_transaction(node, tx_hash)).root


def trace(node: Node, tx_hash: Hash32) -> list[Document]:
    """The messages of a transaction, in order, with their depths."""
    return [*otterscan_documents(tree_of(node, tx_hash))]


def internal_operations(node: Node, tx_hash: Hash32) -> list[Document]:
    """Ether that contracts moved, and contracts that they made."""
    tree = tree_of(node, tx_hash)
    return [
        {
            "type": operation_of(call),
            "from": format_data(call.message.sender),
            "to": format_data(target_of(call)),
            "value": format_quantity(call.message.value),
        }
        for call in tree.walk()
        if call is not tree
        and call.succeeded
        and (operation_of(call) or (call.message.value and call.message.moves_value))
    ]


def operation_of(call: CallNode) -> int:
    """Otterscan's number for what a message does."""
    if call.is_self_destruct:
        return SELF_DESTRUCT
    return CREATE if is_creation(call) else TRANSFER


def block_details(node: Node, which: Choose) -> Document | None:
    """The block without its transactions, their count, and what they paid in all."""
    block = chosen(node, which)
    if block is None:
        return None
    document = whole_block(node, block, is_full=False)
    del document["transactions"]
    receipts = node.reader.receipts(block)
    fees = sum(receipt.gas_used * receipt.gas_price for receipt in receipts)
    return {
        "block": {**document, "transactionCount": len(block.transactions)},
        "issuance": {"blockReward": "0x0", "uncleReward": "0x0", "issuance": "0x0"},
        "totalFees": format_quantity(fees),
    }


def block_transactions(
    node: Node, number: int, page: int, size: int
) -> Document | None:
    """A page of a block's transactions, and their receipts."""
    block = node.find_block(BlockChoice(number=number))
    if block is None:
        return None
    end = len(block.transactions) - page * size
    part = slice(max(end - size, 0), max(end, 0))
    document = whole_block(node, block, is_full=True)
    document["transactions"] = document["transactions"][part]
    document["transactionCount"] = len(block.transactions)
    receipts = receipts_in(node, block)[part]
    time = {"timestamp": document["timestamp"]}
    return {"fullblock": document, "receipts": [one | time for one in receipts]}


def blocks_before(node: Node, number: int) -> Iterator[Block]:
    """Blocks of the chain below a number, 0 for all, newest first."""
    start = node.head_number if number == 0 else min(number - 1, node.head_number)
    stop = max(node.first_number, start - MAX_SCANNED + 1)
    for one in range(start, stop - 1, -1):
        node.require_running()
        yield node.block(BlockChoice(number=one))


def blocks_after(node: Node, number: int) -> Iterator[Block]:
    """Blocks of the chain above a number, oldest first."""
    start = node.first_number if number == 0 else number + 1
    for one in range(start, min(node.head_number, start + MAX_SCANNED - 1) + 1):
        yield node.block(BlockChoice(number=one))


def search_before(node: Node, address: Address, number: int, size: int) -> Document:
    """An account's transactions below a block, 0 for all, newest first."""
    rows, is_over = search(node, address, blocks_before(node, number), size)
    return page_document(rows, is_first=number == 0, is_last=is_over)


def search_after(node: Node, address: Address, number: int, size: int) -> Document:
    """An account's transactions above a block, 0 for all; the page, newest first."""
    rows, is_over = search(node, address, blocks_after(node, number), size)
    return page_document(rows[::-1], is_first=is_over, is_last=number == 0)


def search(
    node: Node, address: Address, blocks: Iterator[Block], size: int
) -> tuple[list[tuple[Document, Document]], bool]:
    """Transactions and receipts, whole blocks of them; whether there are no more."""
    text = format_data(address)
    rows: list[tuple[Document, Document]] = []
    for block in blocks:
        if not block.transactions:
            continue
        pairs = zip(transactions_of(node, block), receipts_in(node, block), strict=True)
        for tx, receipt in [*pairs][::-1]:
            if text in (tx["from"], tx["to"], receipt["contractAddress"]):
                rows.append((tx, receipt | {"timestamp": tx["blockTimestamp"]}))
        if len(rows) >= size:
            return rows, False
    return rows, True


def page_document(
    rows: list[tuple[Document, Document]], *, is_first: bool, is_last: bool
) -> Document:
    """A page of a search."""
    return {
        "txs": [tx for tx, _ in rows],
        "receipts": [receipt for _, receipt in rows],
        "firstPage": is_first,
        "lastPage": is_last,
    }


def by_sender_and_nonce(node: Node, address: Address, nonce: int) -> str | None:
    """The hash of an account's transaction; null where there is none."""
    for pooled in node.pool:
        if pooled.sender == address and pooled.tx.nonce == nonce:
            return format_data(pooled.hash)
    text, wanted = format_data(address), format_quantity(nonce)
    for block in blocks_before(node, 0):
        if not block.transactions:
            continue
        for tx in transactions_of(node, block):
            if tx["from"] == text and tx["nonce"] == wanted:
                return str(tx["hash"])
    require_all_scanned(node)
    return None


def contract_creator(node: Node, address: Address) -> Document | None:
    """The transaction that made a contract, and its sender; null where none did."""
    if not node.chain.code(address):
        return None
    low, high = node.first_number, node.head_number
    while low < high:
        middle = (low + high) // 2
        if state_at(node, BlockChoice(number=middle)).get_code(address):
            high = middle
        else:
            low = middle + 1
    block = node.block(BlockChoice(number=high))
    for index, tx in enumerate(block.transactions):
        tree = tree_of_transaction(node, block, index).root
        if any(
            is_creation(call) and target_of(call) == address for call in tree.walk()
        ):
            sender = node.reader.receipts(block)[index].sender
            return {"hash": format_data(tx.hash), "creator": format_data(sender)}
    return None


def require_all_scanned(node: Node) -> None:
    """Raise RpcError where older blocks were not looked at."""
    if node.head_number - node.first_number >= MAX_SCANNED:
        message = f"not in the newest {MAX_SCANNED} blocks, and there is no index"
        raise RpcError(LIMIT_EXCEEDED, f"limit exceeded: {message}")


NUMBER = required("block", COUNT_64)
SIZE = required("size", PAGE_SIZE)
METHODS: tuple[Method, ...] = (
    method("ots_getApiLevel", api_level, is_quick=True),
    method("ots_hasCode", has_code, address_parameter(), block_parameter()),
    method("erigon_getHeaderByNumber", header, BY_NUMBER),
    method("ots_getTransactionError", transaction_error, hash_parameter()),
    method("ots_traceTransaction", trace, hash_parameter()),
    method("ots_getInternalOperations", internal_operations, hash_parameter()),
    method("ots_getBlockDetails", block_details, BY_NUMBER),
    method("ots_getBlockDetailsByHash", block_details, BY_HASH),
    method(
        "ots_getBlockTransactions",
        block_transactions,
        NUMBER,
        required("page", COUNT_64),
        SIZE,
    ),
    method(
        "ots_searchTransactionsBefore", search_before, address_parameter(), NUMBER, SIZE
    ),
    method(
        "ots_searchTransactionsAfter", search_after, address_parameter(), NUMBER, SIZE
    ),
    *(
        method(
            name, by_sender_and_nonce, address_parameter(), required("nonce", COUNT_64)
        )
        for name in (
            "ots_getTransactionBySenderAndNonce",
            "eth_getTransactionBySenderAndNonce",
        )
    ),
    method("ots_getContractCreator", contract_creator, address_parameter()),
)
