"""Methods that control the node: snapshots, other people's accounts, dumps."""

from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import UnknownSnapshot
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.node.documents import Document
from chain_sim.node.errors import invalid_params
from chain_sim.node.methods.edits import both
from chain_sim.node.methods.identity import client_version, rules_name
from chain_sim.node.methods.sending import send_raw_transaction, send_transaction
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, Method, aliases, method
from chain_sim.node.state_files import dump_text, edits_of_dump
from chain_sim.node.transaction_object import (
    TransactionObject,
    parse_transaction_object,
)
from chain_sim.node.values import (
    BOOLEAN,
    COUNT_64,
    DATA,
    OBJECT,
    BlockChoice,
    address_parameter,
    kind_of,
    optional,
    parse_bytes,
    parse_number,
    required,
)
from contractvm.version import __version__

Sendable = TransactionObject | bytes


def snapshot(node: Node) -> str:
    """Remember the chain; the number is for evm_revert, after a restart too."""
    # The chain counts from one.
    return format_quantity(node.snapshot() - 1)


def revert(node: Node, number: int) -> bool:
    """Go back to a snapshot, and forget it and all later ones; false for none such."""
    try:
        node.revert(number + 1)
        node.chain.branches.forget_since(number + 1)
    except UnknownSnapshot:
        return False
    return True


def rollback(node: Node, count: int) -> None:
    """Go back by so many blocks."""
    require_depth(node, count)
    node.chain.branches.rollback(count)
    node.revise_pool()


def reorganise(node: Node, count: int, pairs: list[tuple[Sendable, int]]) -> None:
    """Replace the newest blocks by as many others, with these transactions.

    Each comes with the place of its block among the new ones, from 0. The first new
    block is a second later than the one it replaces, so that it is another one.
    """
    require_depth(node, count)
    wrong = [place for _, place in pairs if place >= count]
    if wrong:
        raise invalid_params(f"block {wrong[0]} of {count} new ones")
    if count:
        first = node.block(BlockChoice(number=node.head_number - count + 1))
        node.chain.branches.rollback(count)
        node.revise_pool()
        node.chain.clock.set(first.header.timestamp + 1)
    was_automining, node.automines = node.automines, False
    try:
        for number in range(count):
            for sendable, place in pairs:
                if place == number:
                    send(node, sendable)
            node.mine(1)
    finally:
        node.automines = was_automining


def send(node: Node, sendable: Sendable) -> None:
    """Send a transaction object, or a signed transaction's bytes."""
    if isinstance(sendable, bytes):
        send_raw_transaction(node, sendable)
    else:
        send_transaction(node, sendable)


def parse_reorganisation(given: object) -> list[tuple[Sendable, int]]:
    """Pairs of a transaction, or of its bytes, and a block's place."""
    if not isinstance(given, list):
        raise InvalidValue(f"a list, not {kind_of(given)}")
    found: list[tuple[Sendable, int]] = []
    for pair in given:
        if not isinstance(pair, list) or len(pair) != 2:
            raise InvalidValue("each element is a transaction and a block's place")
        tx, place = pair
        parse = parse_bytes if isinstance(tx, str) else parse_transaction_object
        found.append((parse(tx), parse_number(place)))
    return found


def require_depth(node: Node, count: int) -> None:
    """Raise RpcError where the chain has fewer blocks."""
    height = node.head_number - node.first_number
    if count > height:
        raise invalid_params(f"{count} blocks back, and there are {height}")


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
            "gasPrice": format_quantity(node.suggested_price),
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
        "clientCommitSha": "unknown",
        "chainId": node.chain.genesis.chain_id,
        "instanceId": format_data(node.first_hash),
        "latestBlockNumber": header.number,
        "latestBlockHash": format_data(header.hash),
        "forkedNetwork": None,
        "snapshots": snapshots(node),
    }


def snapshots(node: Node) -> Document:
    """The blocks of the snapshots, by their numbers."""
    found: Document = {}
    for key, value in node.chain.database.iterate(keys.SNAPSHOT):
        block = node.block(BlockChoice(hash=Hash32(value[:32])))
        number = int.from_bytes(key[len(keys.SNAPSHOT) :], "big") - 1
        found[format_quantity(number)] = [block.header.number, format_data(block.hash)]
    return found


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
    method(
        "anvil_reorg",
        reorganise,
        required("count", COUNT_64),
        optional("transactions", Kind("list of pairs", parse_reorganisation), ()),
    ),
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
