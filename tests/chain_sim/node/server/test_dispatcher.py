"""Work that no request waits for: its failure stands in the log, with a number."""

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from chain_sim.node.server.dispatcher import Dispatcher, Log
from chain_sim.node.server.limits import Limits


def dispatcher(log: Log | None) -> Dispatcher:
    return Dispatcher(Node(Blockchain.in_memory(), {}), {}, Limits(), log)


def failing() -> None:
    raise ValueError("not this")


def test_a_failure_of_other_work_is_in_the_log() -> None:
    lines: list[str] = []
    found = dispatcher(lines.append)
    done: list[int] = []
    found.guarded("a block", lambda: done.append(1))
    assert (done, lines) == ([1], [])
    found.guarded("a block", failing)
    found.guarded("a subscription", failing)
    first, second = lines
    start = "internal error 1, a block: Traceback (most recent call last):\n"
    assert first.startswith(start)
    assert first.endswith("ValueError: not this\n")
    assert second.startswith("internal error 2, a subscription: Traceback")


def test_a_failure_without_a_log_is_passed_over() -> None:
    dispatcher(None).guarded("a block", failing)
