"""Methods that make transactions."""

from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    impersonate,
    sign_transaction,
)
from chain_sim.node.documents import Document, transaction_document
from chain_sim.node.errors import INVALID_PARAMS, RpcError
from chain_sim.node.methods.signing import key_of
from chain_sim.node.node import Node
from chain_sim.node.parameters import Parameter, method
from chain_sim.node.sending import fill
from chain_sim.node.transaction_object import TRANSACTION, TransactionObject
from chain_sim.node.values import DATA, required

TX: Parameter = required("transaction", TRANSACTION)


def send_transaction(node: Node, tx: TransactionObject) -> str:
    """Sign and send; what is missing is filled in. The transaction's hash."""
    sender = tx.sender or next(iter(node.keys))
    if not node.may_send_as(sender):
        signed = signed_of(node, tx)
        node.accept(signed)
        return format_data(signed.hash)
    filled, _ = fill(node, tx)
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


def sign_only(node: Node, tx: TransactionObject) -> str:
    """The signed transaction's bytes; it is not sent."""
    return format_data(encode_transaction(signed_of(node, tx)))


def fill_transaction(node: Node, tx: TransactionObject) -> Document:
    """The unsigned transaction with every field, as bytes and as an object."""
    filled, sender = fill(node, tx)
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
        required("raw", DATA),
        is_short=True,
    ),
    method("eth_signTransaction", sign_only, TX),
    method("eth_fillTransaction", fill_transaction, TX),
)
