"""Ticks of interval mining: when they begin, follow a change, and end."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node, NodeOptions
from chain_sim.node.server.serving import NodeServer, ServerOptions, listen
from chain_sim.node.server.ticks import Ticks
from tests.helpers.nodes import KEYS


class Timers:
    """A loop that only notes what it is to call, and when."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, function: Callable[[], None]) -> "Timers":
        self.waiting.append((seconds, function))
        return self

    def cancel(self) -> None:
        self.waiting.clear()

    def expire(self) -> None:
        _, function = self.waiting.pop()
        function()


class Interval:
    """Ticks of a loop of the test's, whose interval the test sets."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.count = 0
        self.timers = Timers()
        self.ticks = Ticks(cast("Any", self.timers), lambda: self.seconds, self.tick)

    def tick(self) -> None:
        self.count += 1

    def follow(self, seconds: float | None) -> list[float]:
        """When ticks are due after this interval was set."""
        self.seconds = seconds
        self.ticks.follow()
        return [due for due, _ in self.timers.waiting]


def test_without_an_interval_there_are_no_ticks() -> None:
    assert Interval().follow(None) == []


def test_each_tick_is_followed_by_the_next() -> None:
    interval = Interval()
    assert interval.follow(2.5) == [2.5]
    for count in (1, 2):
        interval.timers.expire()
        assert interval.count == count
        assert [due for due, _ in interval.timers.waiting] == [2.5]


def test_the_same_interval_goes_on_and_another_begins_again() -> None:
    interval = Interval()
    interval.follow(2.0)
    (begun,) = interval.timers.waiting
    interval.follow(2.0)
    assert interval.timers.waiting[0] is begun
    assert interval.follow(3.0) == [3.0]
    assert interval.follow(None) == []
    assert interval.follow(3.0) == [3.0]


def test_after_a_stop_nothing_ticks() -> None:
    interval = Interval()
    interval.follow(2.0)
    interval.ticks.stop()
    assert interval.timers.waiting == []
    interval.ticks.stop()
    assert interval.follow(1.0) == [1.0]


def test_a_server_that_has_ended_ticks_no_more() -> None:
    async def serve(node: Node) -> NodeServer:
        with listen("127.0.0.1", 0) as listening:
            server = NodeServer(node, listening, ServerOptions())
            asyncio.get_running_loop().call_later(0.1, server.stop)
            await server.serve()
            await asyncio.sleep(0.1)
            return server

    with Blockchain.in_memory() as chain:
        node = Node(chain, KEYS, NodeOptions(interval_seconds=0.02))
        server = asyncio.run(serve(node))
        assert chain.head.header.number > 0
        assert server._application.writer.is_idle
