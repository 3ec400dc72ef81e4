"""The state that a block parameter stands for."""

from chain_sim.ethereum.execution.placed_transaction import OpenState
from chain_sim.ethereum.primitives.errors import BlockNotKept
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.node.node import Node, not_kept
from chain_sim.node.values import BlockChoice


def opener_at(node: Node, choice: BlockChoice) -> OpenState:
    """Opens the state after a block; open edits are in that of the head.

    For `pending` it is the state after the transactions that wait. Raises RpcError.
    """
    if choice.tag == "pending" and len(node.pool):
        return node.pool.pending_block().open_state
    block = node.block(choice)
    if block.hash == node.chain.head.hash:
        return node.reader.opener()
    try:
        node.reader.require_state(block)
    except BlockNotKept as error:
        raise not_kept(block.header.number) from error
    return node.reader.opener(block.hash)


def state_at(node: Node, choice: BlockChoice) -> WorldState:
    """The state after a block; raises RpcError."""
    return opener_at(node, choice)(WorldState)
