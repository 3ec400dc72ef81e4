"""Methods that read blocks, transactions and receipts."""

from collections.abc import Callable, Iterator

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.transaction_receipt import senders_of
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import Hash32, format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import (
    encode_transaction,
    sender_in_block,
)
from chain_sim.node.documents import (
    Document,
    block_document,
    mined_document,
    receipt_documents,
    transaction_document,
)
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method, Parameter, method
from chain_sim.node.values import (
    BOOLEAN,
    COUNT_64,
    BlockChoice,
    block_parameter,
    hash_parameter,
    optional,
    required,
)

Choose = BlockChoice | Hash32
BY_NUMBER = block_parameter()
BY_HASH = hash_parameter("block hash")
INDEX = required("index", COUNT_64)


def chosen(node: Node, which: Choose) -> Block | None:
    """The block with that number, tag or hash; None where there is none."""
    if isinstance(which, BlockChoice):
        return node.find_block(which)
    return node.find_block(BlockChoice(hash=which))


def whole_block(node: Node, block: Block, is_full: bool) -> Document:
    """The block with hashes of its transactions, or with all of them."""
    if is_full:
        return block_document(block, [*transactions_of(node, block)])
    return block_document(block, [format_data(tx.hash) for tx in block.transactions])


def transactions_of(node: Node, block: Block) -> Iterator[Document]:
    """The block's transactions, in order."""
    senders = senders_of(block, node.chain.genesis.chain_id)
    for index, (tx, sender) in enumerate(zip(block.transactions, senders, strict=True)):
        yield mined_document(tx, sender, block.header, index)


def receipts_in(node: Node, block: Block) -> list[Document]:
    """The block's receipts, in order."""
    return [
        *receipt_documents(
            block,
            node.reader.receipts(block),
            node.store.receipts(block.hash),
            details=node.options.has_receipt_details,
        )
    ]


def block(node: Node, which: Choose, is_full: bool) -> Document | None:
    """The block with hashes or whole transactions; null where there is none."""
    if is_pending(which):
        return pending_block(node, is_full)
    found = chosen(node, which)
    return None if found is None else whole_block(node, found, is_full)


def is_pending(which: Choose) -> bool:
    """Whether the next block is meant."""
    return isinstance(which, BlockChoice) and which.tag == "pending"


def pending_block(node: Node, is_full: bool) -> Document:
    """The next block as it would be now: it has no hash and no nonce yet."""
    built = node.pool.pending_block().built
    pairs = zip(built.block.transactions, built.senders, strict=True)
    transactions = [
        transaction_document(tx, sender) if is_full else format_data(tx.hash)
        for tx, sender in pairs
    ]
    document = block_document(built.block, transactions)
    return {**document, "hash": None, "nonce": None}


def transaction_count(node: Node, which: Choose) -> str | None:
    """The number of the block's transactions; null where there is no such block."""
    if is_pending(which):
        built = node.pool.pending_block().built
        return format_quantity(len(built.block.transactions))
    found = chosen(node, which)
    return None if found is None else format_quantity(len(found.transactions))


def uncle_count(node: Node, which: Choose) -> str | None:
    """Zero; null where there is no such block."""
    return None if chosen(node, which) is None else "0x0"


def uncle(_node: Node, _which: Choose, _index: int) -> None:
    """Null: blocks have no uncles."""


def receipts(node: Node, which: BlockChoice) -> list[Document] | None:
    """The receipts of a block's transactions; null where there is no such block."""
    found = node.find_block(which)
    return None if found is None else receipts_in(node, found)


def transaction(node: Node, tx_hash: Hash32) -> Document | None:
    """The transaction, of a block or waiting; null where there is none."""
    pooled = node.pool.get(tx_hash)
    if pooled is not None:
        return transaction_document(pooled.tx, pooled.sender)
    try:
        found, index = node.reader.block_of(tx_hash)
    except UnknownTransaction:
        return None
    return transaction_at(node, found, index)


def transaction_at(node: Node, found: Block, index: int) -> Document:
    """The transaction of a block that has it."""
    tx = found.transactions[index]
    sender = sender_in_block(tx, node.chain.genesis.chain_id)
    return mined_document(tx, sender, found.header, index)


def transaction_in_block(node: Node, which: Choose, index: int) -> Document | None:
    """The transaction with that index in the block; null where there is none."""
    found = chosen(node, which)
    if found is None or index >= len(found.transactions):
        return None
    return transaction_at(node, found, index)


def raw_transaction(node: Node, tx_hash: Hash32) -> str | None:
    """The transaction's bytes; null where there is none."""
    pooled = node.pool.get(tx_hash)
    if pooled is not None:
        return format_data(encode_transaction(pooled.tx))
    try:
        return format_data(encode_transaction(node.reader.transaction(tx_hash)))
    except UnknownTransaction:
        return None


def raw_transaction_in_block(node: Node, which: Choose, index: int) -> str | None:
    """The bytes of the transaction with that index; null where there is none."""
    found = chosen(node, which)
    if found is None or index >= len(found.transactions):
        return None
    return format_data(encode_transaction(found.transactions[index]))


def receipt(node: Node, tx_hash: Hash32) -> Document | None:
    """The transaction's receipt; null where it is in no block."""
    try:
        found, index = node.reader.block_of(tx_hash)
    except UnknownTransaction:
        return None
    return receipts_in(node, found)[index]


def by_number_and_hash(
    name: str, function: Callable[..., object], *rest: Parameter, suffix: str = ""
) -> tuple[Method, Method]:
    """Two rows: of a block by number or tag, and by hash."""
    return (
        method(f"{name}ByNumber{suffix}", function, BY_NUMBER, *rest),
        method(f"{name}ByHash{suffix}", function, BY_HASH, *rest),
    )


def in_block(name: str, function: Callable[..., object]) -> tuple[Method, Method]:
    """Two rows: of the member with an index in a block, by number and by hash."""
    return (
        method(f"{name}ByBlockNumberAndIndex", function, BY_NUMBER, INDEX),
        method(f"{name}ByBlockHashAndIndex", function, BY_HASH, INDEX),
    )


METHODS = (
    *by_number_and_hash("eth_getBlock", block, optional("full", BOOLEAN, False)),
    *by_number_and_hash("eth_getBlockTransactionCount", transaction_count),
    method("eth_getUncleCountByBlockNumber", uncle_count, BY_NUMBER),
    method("eth_getUncleCountByBlockHash", uncle_count, BY_HASH),
    *in_block("eth_getUncle", uncle),
    method("eth_getBlockReceipts", receipts, BY_NUMBER),
    method("eth_getTransactionByHash", transaction, hash_parameter(), is_short=True),
    *in_block("eth_getTransaction", transaction_in_block),
    method("eth_getRawTransactionByHash", raw_transaction, hash_parameter()),
    *in_block("eth_getRawTransaction", raw_transaction_in_block),
    method("eth_getTransactionReceipt", receipt, hash_parameter(), is_short=True),
)
