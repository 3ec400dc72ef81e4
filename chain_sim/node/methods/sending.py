"""Methods that make transactions."""

from chain_sim.ethereum.primitives.text import format_data, parse_hash
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    impersonate,
    sign_transaction,
)
from chain_sim.node.documents import Document, transaction_document
from chain_sim.node.errors import INVALID_PARAMS, NO_RECEIPT_YET, RpcError
from chain_sim.node.methods.blocks import receipt
from chain_sim.node.methods.signing import key_of
from chain_sim.node.node import Node
from chain_sim.node.parameters import Parameter, method
from chain_sim.node.sending import fill, with_estimate
from chain_sim.node.transaction_object import TRANSACTION, TransactionObject
from chain_sim.node.values import COUNT_64, DATA, optional, required

TX: Parameter = required("transaction", TRANSACTION)
RAW: Parameter = required("raw", DATA)
TIMEOUT: Parameter = optional("milliseconds", COUNT_64)


def send_transaction(node: Node, tx: TransactionObject) -> str:
    """Sign and send; what is missing is filled in. The transaction's hash."""
    sender = tx.sender or next(iter(node.keys))
    if not node.may_send_as(sender):
        signed = signed_of(node, tx)
        node.accept(signed)
        return format_data(signed.hash)
    return send_unsigned_transaction(node, tx)


def send_unsigned_transaction(node: Node, tx: TransactionObject) -> str:
    """Send from any account without a signature; the transaction's hash."""
    filled, sender = fill(node, tx)
    named = impersonate(filled, sender, node.chain.genesis.chain_id)
    node.accept(named, sender)
    return format_data(named.hash)


def send_raw_transaction(node: Node, raw: bytes) -> str:
    """Send a signed transaction; its hash."""
    if not raw:
        raise RpcError(INVALID_PARAMS, "Empty transaction data")
    tx = decode_transaction(raw, node.chain.fork.transaction_types)
    node.accept(tx)
    return format_data(tx.hash)


def send_transaction_sync(
    node: Node, tx: TransactionObject, _timeout: int | None
) -> Document:
    """As eth_sendTransaction; the receipt, or error 4 where there is no block."""
    return receipt_at_once(node, send_transaction(node, tx))


def send_raw_transaction_sync(node: Node, raw: bytes, _timeout: int | None) -> Document:
    """As eth_sendRawTransaction; the receipt, or error 4 where there is no block."""
    return receipt_at_once(node, send_raw_transaction(node, raw))


def receipt_at_once(node: Node, tx_hash: str) -> Document:
    """The receipt; RpcError for a transaction that waits (EIP-7966)."""
    found = receipt(node, parse_hash(tx_hash))
    if found is None:
        message = "the transaction waits for a block, and none is being made"
        raise RpcError(NO_RECEIPT_YET, message, tx_hash)
    return found


def sign_only(node: Node, tx: TransactionObject) -> str:
    """The signed transaction's bytes; it is not sent."""
    return format_data(encode_transaction(signed_of(node, tx)))


def fill_transaction(node: Node, tx: TransactionObject) -> Document:
    """The unsigned transaction with every field, as bytes and as an object."""
    filled, sender = fill(node, with_estimate(node, tx))
    return {
        "raw": format_data(encode_transaction(filled)),
        "tx": transaction_document(filled, sender),
    }


def signed_of(node: Node, tx: TransactionObject) -> Transaction:
    """The transaction, filled in and signed by its sender; raises RpcError."""
    key = key_of(node, tx.sender or next(iter(node.keys)))
    filled, _ = fill(node, tx)
    return sign_transaction(filled, key, node.chain.genesis.chain_id)


METHODS = (
    method("eth_sendTransaction", send_transaction, TX, is_short=True),
    method(
        "eth_sendRawTransaction",
        send_raw_transaction,
        RAW,
        is_short=True,
    ),
    method("eth_sendTransactionSync", send_transaction_sync, TX, TIMEOUT),
    method("eth_sendRawTransactionSync", send_raw_transaction_sync, RAW, TIMEOUT),
    method("eth_sendUnsignedTransaction", send_unsigned_transaction, TX),
    method("eth_signTransaction", sign_only, TX),
    method("eth_fillTransaction", fill_transaction, TX),
)
