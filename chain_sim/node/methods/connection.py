"""Methods for Blockchain.connect: what Ethereum's own do not say."""

from typing import Any

from chain_sim.ethereum.blocks.chain_point import require_branch_name
from chain_sim.ethereum.blocks.genesis import encode_genesis
from chain_sim.ethereum.blocks.history_errors import InvalidBranchName
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import Hash32, format_data, format_quantity
from chain_sim.node.documents import Document, receipt_documents
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, method
from chain_sim.node.transaction_object import TRANSACTION, TransactionObject
from chain_sim.node.values import (
    BlockChoice,
    address_text,
    block_parameter,
    hash_parameter,
    required,
)

TX = required("transaction", TRANSACTION)


def instance(node: Node) -> str | None:
    """The id of this run of the node, which is in the database's `node.json`."""
    return node.options.instance


def genesis(node: Node) -> str:
    """The text of the chain's genesis file."""
    return encode_genesis(node.chain.genesis)


def call(node: Node, tx: TransactionObject, block: BlockChoice) -> Document:
    """The result of a call in the block after one, at gas price 0, with its gas."""
    result = node.chain.call(tx.to, tx.data, **call_options(node, tx, block))
    return {
        "status": result.status.value,
        "gasUsed": format_quantity(result.gas_used),
        "output": format_data(result.output),
        "logs": [
            {
                "address": format_data(log.address),
                "topics": [format_data(topic) for topic in log.topics],
                "data": format_data(log.data),
            }
            for log in result.logs
        ],
        "created": address_text(result.created),
        "error": result.error,
        "unitsLeft": format_quantity(result.units_left),
        "unitsShort": format_quantity(result.units_short),
    }


def call_options(
    node: Node, tx: TransactionObject, block: BlockChoice
) -> dict[str, Any]:
    """Keywords of Blockchain.call; raises RpcError for a block that is not there."""
    limit, most = tx.gas, node.options.call_gas_limit
    if most is not None:
        limit = most if limit is None else min(limit, most)
    return {
        "sender": tx.sender,
        "value": tx.value,
        "gas_limit": limit,
        "at": None if block.tag == "latest" else node.block(block).hash,
    }


def receipt(node: Node, tx_hash: Hash32) -> Document | None:
    """As eth_getTransactionReceipt, with the output and the reason of a failure."""
    try:
        found, index = node.reader.block_of(tx_hash)
    except UnknownTransaction:
        return None
    documents = receipt_documents(
        found,
        node.reader.receipts(found),
        node.store.receipts(found.hash),
        details=True,
    )
    return [*documents][index]


def create_branch(node: Node, name: str, tip: Hash32) -> None:
    """Name a block; the chain stays on its branch."""
    node.chain.branches.create(name, tip)


def switch_branch(node: Node, name: str) -> str:
    """Continue from a branch's newest block, whose hash is returned."""
    tip = node.chain.branches.switch(name)
    node.revise_pool()
    return format_data(tip.hash)


def delete_branch(node: Node, name: str) -> str:
    """Forget a name; returns the hash of the block that it stood for."""
    return format_data(node.chain.branches.delete(name).hash)


def parse_branch_name(given: object) -> str:
    """The name of a branch; raises InvalidValue."""
    if not isinstance(given, str):
        raise InvalidValue("not text")
    try:
        return require_branch_name(given)
    except InvalidBranchName as error:
        raise InvalidValue(str(error)) from error


BRANCH = required("branch", Kind("branch name", parse_branch_name))

METHODS = (
    method("contractvm_instance", instance, is_quick=True),
    method("contractvm_genesis", genesis, is_quick=True),
    method("contractvm_call", call, TX, block_parameter()),
    method("contractvm_receipt", receipt, hash_parameter()),
    method("contractvm_createBranch", create_branch, BRANCH, hash_parameter("tip")),
    method("contractvm_switchBranch", switch_branch, BRANCH),
    method("contractvm_deleteBranch", delete_branch, BRANCH),
)
