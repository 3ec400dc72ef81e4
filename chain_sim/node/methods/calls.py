"""Methods that run a contract and keep nothing."""

from chain_sim.ethereum.chain.call_request import (
    NO_OVERRIDES,
    BlockOverrides,
)
from chain_sim.ethereum.documents.rpc_fields import access_list_fields
from chain_sim.ethereum.primitives.text import format_data, format_quantity
from chain_sim.node.calls import (
    BLOCK_OVERRIDES,
    STATE_OVERRIDES,
    Edits,
    estimated_gas,
    place_of,
    request_of,
    require_success,
)
from chain_sim.node.documents import Document
from chain_sim.node.node import Node
from chain_sim.node.parameters import Parameter, method
from chain_sim.node.simulation import SIMULATION, SimulatedBlock, Simulation
from chain_sim.node.transaction_object import TRANSACTION, TransactionObject
from chain_sim.node.values import BlockChoice, block_parameter, optional, required

TX: Parameter = required("transaction", TRANSACTION)
EDITS: Parameter = optional("state overrides", STATE_OVERRIDES, ())
OVERRIDES: Parameter = optional("block overrides", BLOCK_OVERRIDES, NO_OVERRIDES)


def call(
    node: Node,
    tx: TransactionObject,
    block: BlockChoice,
    edits: Edits,
    overrides: BlockOverrides,
) -> str:
    """The output of a call after a block, in the block's own context.

    Without `to` it creates a contract, and the output is the code.
    """
    place = place_of(node, block, edits, overrides)
    outcome = node.chain.calls.call(request_of(node, tx), place)
    require_success(outcome)
    return format_data(outcome.output)


def estimate(
    node: Node,
    tx: TransactionObject,
    block: BlockChoice,
    edits: Edits,
    overrides: BlockOverrides,
) -> str:
    """The smallest gas limit with which the transaction succeeds."""
    return format_quantity(estimated_gas(node, tx, block, edits, overrides))


def access_list(
    node: Node, tx: TransactionObject, block: BlockChoice, edits: Edits
) -> Document:
    """The accounts and slots that a call uses, and its gas with that list."""
    place = place_of(node, block, edits)
    found = node.chain.calls.access_list(request_of(node, tx), place)
    require_success(found.outcome)
    return {
        "accessList": access_list_fields(found.entries),
        "gasUsed": format_quantity(found.outcome.result.gas_used),
    }


def simulate(
    node: Node, blocks: tuple[SimulatedBlock, ...], start: BlockChoice
) -> list[Document]:
    """Blocks of calls, as they would follow a block; none of it is kept."""
    simulation = Simulation(node, start)
    return [simulation.run(block) for block in blocks]


METHODS = (
    method(
        "eth_call",
        call,
        TX,
        block_parameter(),
        EDITS,
        OVERRIDES,
        is_short=True,
    ),
    method(
        "eth_estimateGas",
        estimate,
        TX,
        block_parameter(),
        EDITS,
        OVERRIDES,
        is_short=True,
    ),
    method(
        "eth_simulateV1", simulate, required("blocks", SIMULATION), block_parameter()
    ),
    method("eth_createAccessList", access_list, TX, block_parameter(), EDITS),
)
