"""Methods about transactions that wait for a block."""

from collections.abc import Callable, Iterable

from chain_sim.ethereum.pool.transaction_pool import PooledTransaction
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.node.documents import Document, transaction_document
from chain_sim.node.methods.edits import both
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method, aliases, method
from chain_sim.node.values import HASH, address_parameter, required

Show = Callable[[PooledTransaction], object]


def status(node: Node) -> Document:
    """How many transactions can be in the next block, and how many wait on."""
    pending, queued = parts(node)
    return {
        "pending": format_quantity(len(pending)),
        "queued": format_quantity(len(queued)),
    }


def parts(node: Node) -> tuple[list[PooledTransaction], list[PooledTransaction]]:
    """The executable transactions, by sender and nonce, and the queued ones."""
    queued = {pooled.hash for pooled in node.pool.queued()}
    pending = [pooled for pooled in node.pool if pooled.hash not in queued]
    return pending, [pooled for pooled in node.pool if pooled.hash in queued]


def content(node: Node) -> Document:
    """All that wait, by sender and nonce."""
    return by_part(node, document_of)


def content_from(node: Node, address: Address) -> Document:
    """An account's that wait, by nonce."""
    pending, queued = parts(node)
    return {
        "pending": by_nonce(one for one in pending if one.sender == address),
        "queued": by_nonce(one for one in queued if one.sender == address),
    }


def inspect(node: Node) -> Document:
    """All that wait, a line for each."""
    return by_part(node, line_of)


def pending_transactions(node: Node) -> list[Document]:
    """The executable transactions, by sender and nonce."""
    pending, _ = parts(node)
    return [document_of(pooled) for pooled in pending]


def by_part(node: Node, show: Show) -> Document:
    """Both parts of the pool, by sender and nonce."""
    pending, queued = parts(node)
    return {"pending": by_sender(pending, show), "queued": by_sender(queued, show)}


def by_sender(pooled: Iterable[PooledTransaction], show: Show) -> Document:
    """Sender, then nonce in decimal, then what `show` says."""
    found: Document = {}
    for one in pooled:
        found.setdefault(format_data(one.sender), {})[str(one.tx.nonce)] = show(one)
    return found


def by_nonce(pooled: Iterable[PooledTransaction]) -> Document:
    """Nonce in decimal, then the transaction."""
    return {str(one.tx.nonce): document_of(one) for one in pooled}


def document_of(pooled: PooledTransaction) -> Document:
    """The whole transaction."""
    return transaction_document(pooled.tx, pooled.sender)


def line_of(pooled: PooledTransaction) -> str:
    """`TO: VALUE wei + GAS gas × PRICE wei`."""  # noqa: RUF002 (geth's own line)
    tx = pooled.tx
    to = "contract creation" if tx.to is None else format_data(tx.to)
    return f"{to}: {tx.value} wei + {tx.gas_limit} gas × {tx.max_fee_per_gas} wei"  # noqa: RUF001 (see above)


def drop(node: Node, tx_hash: Hash32) -> str | None:
    """Forget a waiting transaction; its hash, null where it does not wait."""
    dropped = node.pool.drop(tx_hash)
    return None if dropped is None else format_data(dropped.hash)


def is_dropped(node: Node, tx_hash: Hash32) -> bool:
    """Forget a waiting transaction; false where it does not wait."""
    return node.pool.drop(tx_hash) is not None


def drop_all(node: Node) -> None:
    """Forget all that wait."""
    node.pool.clear()


def drop_sender(node: Node, address: Address) -> None:
    """Forget an account's that wait."""
    node.pool.drop_sender(address)


METHODS: tuple[Method, ...] = (
    method("txpool_status", status),
    method("txpool_content", content),
    method("txpool_contentFrom", content_from, address_parameter()),
    method("txpool_inspect", inspect),
    method("eth_pendingTransactions", pending_transactions),
    method("anvil_dropTransaction", drop, required("hash", HASH)),
    method("hardhat_dropTransaction", is_dropped, required("hash", HASH)),
    *aliases(both("dropAllTransactions"), drop_all),
    method("anvil_removePoolTransactions", drop_sender, address_parameter()),
)
