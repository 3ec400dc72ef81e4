"""Methods that run a contract and keep nothing."""

from chain_sim.ethereum.primitives.text import format_data, format_quantity
from chain_sim.node.calls import place, require_success, run
from chain_sim.node.estimates import estimate_gas
from chain_sim.node.node import Node
from chain_sim.node.parameters import Parameter, method
from chain_sim.node.transaction_object import TRANSACTION, TransactionObject
from chain_sim.node.values import BlockChoice, block_parameter, required

TX: Parameter = required("transaction", TRANSACTION)


def call(node: Node, tx: TransactionObject, block: BlockChoice) -> str:
    """The output of a call after a block, in the block's own context.

    Without `to` it creates a contract, and the output is the code.
    """
    placed = place(node, tx, block)
    ran = run(node, placed)
    require_success(ran)
    return format_data(ran.output)


def estimate(node: Node, tx: TransactionObject, block: BlockChoice) -> str:
    """The smallest gas limit with which the transaction succeeds."""
    return format_quantity(estimate_gas(node, place(node, tx, block)))


METHODS = (
    method("eth_call", call, TX, block_parameter()),
    method("eth_estimateGas", estimate, TX, block_parameter()),
)
