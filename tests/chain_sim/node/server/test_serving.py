"""Loops that serve, and a connection's deadline, without a socket of a client's."""

import asyncio
import sys
from asyncio import AbstractEventLoop
from types import ModuleType
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chain_sim.node.server.http_protocol import (
    SMALL_BYTES,
    TIMED_OUT,
    NodeProtocol,
    protocol_with,
)
from chain_sim.node.server.limits import MIB, Limits
from chain_sim.node.server.serving import run_loop


class OwnLoop(asyncio.SelectorEventLoop):
    """A loop to be told from others."""


def loop_of_run(monkeypatch: pytest.MonkeyPatch, library: ModuleType | None) -> type:
    """The kind of loop that runs a coroutine with this uvloop."""
    monkeypatch.setitem(sys.modules, "uvloop", library)
    found: list[AbstractEventLoop] = []

    async def main() -> None:
        found.append(asyncio.get_running_loop())

    run_loop(main)
    (loop,) = found
    assert loop.is_closed()
    return type(loop)


def test_a_faster_loop_is_used_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = ModuleType("uvloop")
    library.__dict__["new_event_loop"] = OwnLoop
    assert loop_of_run(monkeypatch, library) is OwnLoop


def test_without_it_the_usual_loop_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = asyncio.new_event_loop()
    usual.close()
    assert loop_of_run(monkeypatch, None) is type(usual)


class Clock:
    """A loop whose time the test sets; it notes what it is to call, and when."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[float] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, _: object) -> float:
        self.due.append(when)
        return when


class Wire:
    """A transport that notes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = 0
        self.is_going = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed += 1

    def is_closing(self) -> bool:
        return self.is_going


class Waiting:
    """A connection that has waited since second 100, for 30 seconds at most."""

    def __init__(self) -> None:
        self.clock, self.wire = Clock(), Wire()
        kind = protocol_with(Limits(), lambda _headers, _body: None)
        found: Any = kind.__new__(kind)
        found.loop, found.transport = self.clock, self.wire
        found.pipeline, found.cycle = [], None
        found._timer = found._body = found._deadline = None
        self.protocol: NodeProtocol = found
        found._await_request()

    def check(self, now: float) -> None:
        self.clock.now = now
        self.protocol._check_deadline()


def test_a_connection_that_asks_nothing_in_time_is_closed_without_a_word() -> None:
    one = Waiting()
    assert one.clock.due == [130.0]
    one.check(129.0)
    assert (one.clock.due, one.wire.closed) == ([130.0, 130.0], 0)
    one.check(130.0)
    assert (one.wire.closed, one.wire.written) == (1, [])


def test_half_a_request_is_told_that_its_time_is_over() -> None:
    one = Waiting()
    one.protocol._awaits_headers = False
    one.check(131.0)
    assert one.wire.written == [
        b"HTTP/1.1 408 Request Timeout\r\n"
        b"content-length: 0\r\nconnection: close\r\n\r\n"
    ]
    assert (TIMED_OUT, one.wire.closed) == (one.wire.written[0], 1)


@pytest.mark.parametrize(
    ("body", "is_started", "is_told"),
    [
        (None, True, False),
        (None, False, True),
        (bytearray(), True, True),
    ],
)
def test_nothing_is_written_into_an_answer_that_has_begun(
    body: bytearray | None, is_started: bool, is_told: bool
) -> None:
    class Cycle:
        response_started = is_started

    one = Waiting()
    found: Any = one.protocol
    found._awaits_headers, found._body, found.cycle = False, body, Cycle()
    one.check(131.0)
    assert (len(one.wire.written), one.wire.closed) == (is_told, 1)


def test_a_request_after_another_waits_on() -> None:
    one = Waiting()
    found: Any = one.protocol
    found.pipeline = [object()]
    one.check(140.0)
    assert (one.clock.due, one.wire.closed) == ([130.0, 170.0], 0)


@pytest.mark.parametrize(("deadline", "later"), [(130.0, 150.0), (None, None)])
def test_the_next_request_has_its_time_from_the_answer_on(
    monkeypatch: pytest.MonkeyPatch, deadline: float | None, later: float | None
) -> None:
    monkeypatch.setattr(HttpToolsProtocol, "on_response_complete", lambda _: None)
    one = Waiting()
    found: Any = one.protocol
    found.pipeline, found._deadline = [object()], deadline
    one.clock.now = 120.0
    found.on_response_complete()
    assert found._deadline == later


@pytest.mark.parametrize("is_closing", [False, True])
def test_who_waits_for_nothing_has_no_deadline(is_closing: bool) -> None:
    one = Waiting()
    if is_closing:
        one.wire.is_going = True
    else:
        one.protocol._deadline = None
    one.check(500.0)
    assert (one.clock.due, one.wire.written, one.wire.closed) == ([130.0], [], 0)


def test_one_timer_serves_many_requests() -> None:
    one = Waiting()
    one.clock.now = 110.0
    one.protocol._await_request()
    assert one.clock.due == [130.0]
    one.check(130.0)
    assert (one.clock.due, one.wire.closed) == ([130.0, 140.0], 0)
    one.check(140.0)
    assert one.wire.closed == 1


def test_limits_where_nothing_else_is_said() -> None:
    assert MIB == 1_048_576
    assert Limits() == Limits(
        request_bytes=16_777_216,
        answer_bytes=67_108_864,
        batch=1_000,
        connections=256,
        header_bytes=65_536,
        arrival_seconds=30,
        unsent_messages=10_000,
        end_seconds=5,
    )
    assert SMALL_BYTES == 4_096
