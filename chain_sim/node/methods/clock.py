"""Methods that set the chain's logical clock."""

from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, Method, aliases, method
from chain_sim.node.values import COUNT_64, required


def increase_time(node: Node, seconds: int) -> int:
    """Make the next block so much later; the sum of all that was added, in seconds."""
    if node.options.now is None:
        node.chain.clock.advance(seconds)
    node.added_seconds += seconds
    return node.added_seconds


def set_next_timestamp(node: Node, timestamp: int) -> None:
    """Give the next block this time, in seconds since 1970."""
    node.chain.clock.set(timestamp)


def set_time(node: Node, timestamp: int) -> int:
    """As evm_setNextBlockTimestamp; how much later that is, in seconds."""
    before = node.time
    node.chain.clock.set(timestamp)
    node.added_seconds += timestamp - before
    return timestamp - before


def set_interval(node: Node, seconds: int) -> None:
    """Put so many seconds between blocks."""
    node.chain.clock.set_interval(seconds)
    node.is_interval_set = True


def remove_interval(node: Node) -> bool:
    """Put the usual seconds between blocks; whether others were set."""
    was_set, node.is_interval_set = node.is_interval_set, False
    if was_set:
        node.chain.clock.set_interval(node.options.block_time_step)
    return was_set


def parse_interval(given: object) -> int:
    """Seconds, one at least: time goes on with each block."""
    seconds: int = COUNT_64.parse(given)
    if seconds == 0:
        raise InvalidValue("0 seconds between blocks")
    return seconds


METHODS: tuple[Method, ...] = (
    method("evm_increaseTime", increase_time, required("seconds", COUNT_64)),
    method(
        "evm_setNextBlockTimestamp",
        set_next_timestamp,
        required("timestamp", COUNT_64),
    ),
    *aliases(
        ("evm_setTime", "anvil_setTime"), set_time, required("timestamp", COUNT_64)
    ),
    method(
        "anvil_setBlockTimestampInterval",
        set_interval,
        required("seconds", Kind("number", parse_interval)),
    ),
    method("anvil_removeBlockTimestampInterval", remove_interval),
)
