"""Methods that read logs, and filters that clients poll."""

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.primitives.text import format_quantity
from chain_sim.node.documents import Document
from chain_sim.node.errors import LIMIT_EXCEEDED, SERVER_ERROR, RpcError, invalid_params
from chain_sim.node.events.log_query import LOG_QUERY, LogQuery
from chain_sim.node.node import Node
from chain_sim.node.parameters import method
from chain_sim.node.values import LATEST, NUMBER, BlockChoice, required

MAX_LOGS = 100_000


def logs(node: Node, query: LogQuery) -> list[Document]:
    """The logs that a filter asks for, by block and index."""
    if query.block_hash is None:
        return logs_between(node, query, query.first or LATEST, query.last or LATEST)
    block = node.find_block(BlockChoice(hash=query.block_hash))
    if block is None:
        raise RpcError(SERVER_ERROR, "unknown block")
    return [*query.logs_in(node.store, block)]


def logs_between(
    node: Node, query: LogQuery, first: BlockChoice, last: BlockChoice
) -> list[Document]:
    """The logs from one block to another; raises RpcError for more than 100,000."""
    start = number_of(node, first)
    end = min(number_of(node, last), node.head_number)
    if start > node.head_number:
        raise invalid_params(
            f"block height is {node.head_number} but requested was {start}"
        )
    found: list[Document] = []
    for number in range(start, end + 1):
        node.require_running()
        found += query.logs_in(node.store, block_at(node, number))
        if len(found) > MAX_LOGS:
            raise RpcError(LIMIT_EXCEEDED, f"limit exceeded: more than {MAX_LOGS} logs")
    return found


def number_of(node: Node, choice: BlockChoice) -> int:
    """The number that a bound of a range stands for; it may be beyond the head."""
    if choice.number is not None:
        return choice.number
    return node.block(choice).header.number


def block_at(node: Node, number: int) -> Block:
    """The block of the chain with a number up to the head's."""
    return node.block(BlockChoice(number=number))


def new_filter(node: Node, query: LogQuery) -> str:
    """A filter of logs, for eth_getFilterChanges."""
    return format_quantity(node.filters.add("logs", node.chain.head.hash, query))


def new_block_filter(node: Node) -> str:
    """A filter of new blocks."""
    return format_quantity(node.filters.add("blocks", node.chain.head.hash))


def new_pending_filter(node: Node) -> str:
    """A filter of accepted transactions."""
    return format_quantity(node.filters.add("pending", node.chain.head.hash))


def filter_changes(node: Node, number: int) -> list[object]:
    """What is new since the last call: logs, or hashes.

    After a revert the logs that were lost come first, with `removed` true.
    """
    return node.filters.changes(number, node.chain.head)


def filter_logs(node: Node, number: int) -> list[Document]:
    """All logs that a filter of logs asks for."""
    return logs(node, node.filters.query(number))


def uninstall_filter(node: Node, number: int) -> bool:
    """Forget a filter; false where there was none."""
    return node.filters.remove(number)


FILTER = required("filter", NUMBER)

METHODS = (
    method("eth_getLogs", logs, required("filter", LOG_QUERY)),
    method("eth_newFilter", new_filter, required("filter", LOG_QUERY)),
    method("eth_newBlockFilter", new_block_filter),
    method("eth_newPendingTransactionFilter", new_pending_filter),
    method("eth_getFilterChanges", filter_changes, FILTER),
    method("eth_getFilterLogs", filter_logs, FILTER),
    method("eth_uninstallFilter", uninstall_filter, FILTER),
)
