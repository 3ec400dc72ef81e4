"""Methods that control the node: snapshots, other people's accounts, dumps."""

from chain_sim.ethereum.primitives.errors import UnknownSnapshot
from chain_sim.ethereum.primitives.text import Address, format_data, format_quantity
from chain_sim.node.documents import Document
from chain_sim.node.errors import invalid_params
from chain_sim.node.methods.edits import both
from chain_sim.node.methods.identity import client_version, rules_name
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method, aliases, method
from chain_sim.node.state_files import dump_text, edits_of_dump
from chain_sim.node.values import (
    BOOLEAN,
    COUNT_64,
    DATA,
    OBJECT,
    address_parameter,
    optional,
    required,
)
from contractvm.version import __version__

SUGGESTED_TIP = 1_000_000_000  # wei


def snapshot(node: Node) -> str:
    """Remember the chain; the number is for evm_revert, after a restart too."""
    # The chain counts from one.
    return format_quantity(node.chain.snapshot() - 1)


def revert(node: Node, number: int) -> bool:
    """Go back to a snapshot, and forget it and all later ones; false for none such."""
    try:
        node.chain.revert(number + 1)
        node.chain.branches.forget_since(number + 1)
    except UnknownSnapshot:
        return False
    node.revise_pool()
    return True


def rollback(node: Node, count: int) -> None:
    """Go back by so many blocks."""
    height = node.head_number - node.first_number
    if count > height:
        raise invalid_params(f"a rollback by {count} blocks, and there are {height}")
    node.chain.branches.rollback(count)
    node.revise_pool()


def reset(node: Node, options: dict[str, object] | None) -> None:
    """Go back to the first block, and forget snapshots and waiting transactions."""
    if options and options.get("forking") is not None:
        raise invalid_params("forking is not supported")
    node.reset()


def impersonate(node: Node, address: Address) -> None:
    """Send from this account without its key, a contract's too."""
    node.impersonated.add(address)


def stop_impersonating(node: Node, address: Address) -> None:
    """Send from this account no longer without its key."""
    node.impersonated.discard(address)


def auto_impersonate(node: Node, is_on: bool) -> None:
    """Whether to send from any account."""
    node.auto_impersonates = is_on


def dump_state(node: Node) -> str:
    """The chain as a dump: zipped, as data."""
    return dump_text(node.chain)


def load_state(node: Node, dump: bytes) -> bool:
    """Give accounts what they have in a dump, ours or anvil's; no block is made."""
    node.chain.edits.apply(edits_of_dump(dump))
    node.revise_pool()
    return True


def node_info(node: Node) -> Document:
    """The head, the rules and the prices."""
    header = node.chain.head.header
    base_fee = node.chain.next_block.base_fee or 0
    return {
        "currentBlockNumber": format_quantity(header.number),
        "currentBlockTimestamp": header.timestamp,
        "currentBlockHash": format_data(header.hash),
        "hardFork": rules_name(node),
        "transactionOrder": node.options.order,
        "environment": {
            "baseFee": format_quantity(base_fee),
            "chainId": node.chain.genesis.chain_id,
            "gasLimit": format_quantity(node.chain.next_block.gas_limit),
            "gasPrice": format_quantity(base_fee + SUGGESTED_TIP),
        },
        "forkConfig": {
            "forkUrl": None,
            "forkBlockNumber": None,
            "forkRetryBackoff": None,
        },
    }


def metadata(node: Node) -> Document:
    """The node's name, and the chain that it serves."""
    header = node.chain.head.header
    return {
        "clientVersion": client_version(node),
        "clientSemver": __version__,
        "clientCommitSha": None,
        "chainId": node.chain.genesis.chain_id,
        "instanceId": format_data(node.first_hash),
        "latestBlockNumber": header.number,
        "latestBlockHash": format_data(header.hash),
        "forkedNetwork": None,
        "snapshots": {},
    }


def set_logging(node: Node, is_on: bool) -> None:
    """Whether the node logs requests."""
    node.is_logging = is_on


def set_chain_id(node: Node, chain_id: int) -> None:
    """Refused unless it is the chain's own id, which the first block commits to."""
    own = node.chain.genesis.chain_id
    if chain_id != own:
        raise invalid_params(f"the chain id is {own} from the first block on")


METHODS: tuple[Method, ...] = (
    *aliases(("evm_snapshot", "anvil_snapshot"), snapshot),
    *aliases(("evm_revert", "anvil_revert"), revert, required("snapshot", COUNT_64)),
    method("anvil_rollback", rollback, optional("count", COUNT_64, 1)),
    *aliases(both("reset"), reset, optional("options", OBJECT)),
    *aliases(both("impersonateAccount"), impersonate, address_parameter()),
    *aliases(both("stopImpersonatingAccount"), stop_impersonating, address_parameter()),
    *aliases(both("autoImpersonateAccount"), auto_impersonate, required("on", BOOLEAN)),
    *aliases(both("dumpState"), dump_state),
    *aliases(both("loadState"), load_state, required("dump", DATA)),
    method("anvil_nodeInfo", node_info),
    *aliases(both("metadata"), metadata),
    *aliases(both("setLoggingEnabled"), set_logging, required("on", BOOLEAN)),
    method("anvil_setChainId", set_chain_id, required("chain id", COUNT_64)),
)
