"""uvicorn's HTTP protocol with limits, and a short way for small requests.

Most requests are read and answered in microseconds. Without a task, a queue of messages
and timers for each of them, a node serves twice as many.
"""

import socket
from asyncio import BaseTransport, TimerHandle
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chain_sim.node.server.access import Headers, value_of
from chain_sim.node.server.limits import Limits

# A larger one may bring a module, whose preparation cannot be interrupted.
SMALL_BYTES = 4_096
SHORT_LENGTH = 5  # digits
TIMED_OUT = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)

AnswerAtOnce = Callable[[Headers, bytes], bytes | None]
"""The whole response to a POST at `/`; None leaves it to the application."""


class NodeProtocol(HttpToolsProtocol):
    """A connection: its next request must be small enough, and arrive in time."""

    limits: Limits
    answer_at_once: AnswerAtOnce

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaits_headers = False
        self._header_bytes = 0
        self._deadline: float | None = None
        self._timer: TimerHandle | None = None
        # Of a request that may be answered at once.
        self._body: bytearray | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """See asyncio."""
        super().connection_made(transport)  # type: ignore[arg-type] # a TCP transport
        # An answer may be two writes: the second must not wait for the first's receipt.
        found = transport.get_extra_info("socket")
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > self.limits.connections:
            self.transport.close()
        else:
            self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._awaits_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._awaits_headers and self._header_bytes > self.limits.header_bytes:
            self._deadline = None
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """See httptools."""
        super().on_message_begin()
        self._set_deadline()

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._awaits_headers = False
        self._header_bytes = 0
        if self._may_be_answered_at_once():
            self._body = bytearray()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        if self._body is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """See httptools."""
        self._deadline = None
        if self._body is None:
            super().on_message_complete()
            return
        body, self._body = bytes(self._body), None
        response = self.answer_at_once(self.headers, body)
        if response is None:
            super().on_headers_complete()
            super().on_body(body)
            super().on_message_complete()
        else:
            self.transport.write(response)
            self._await_request()

    def on_response_complete(self) -> None:
        """See uvicorn."""
        if not self.pipeline:
            self._await_request()
        elif self._deadline is not None:
            self._set_deadline()
        super().on_response_complete()

    def _may_be_answered_at_once(self) -> bool:
        """Whether the request is a small POST at `/` that waits for no other."""
        parser = self.parser
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        is_usual = self.url == b"/" and parser.get_method() == b"POST"
        if not is_usual or parser.get_http_version() != "1.1":
            return False
        if not parser.should_keep_alive() or parser.should_upgrade():
            return False
        if self.expect_100_continue or self.flow.write_paused:
            return False
        length = value_of(self.headers, b"content-length") or b""
        if not length.isdigit() or len(length) > SHORT_LENGTH:
            return False
        return int(length) <= min(SMALL_BYTES, self.limits.request_bytes)

    def _await_request(self) -> None:
        self._awaits_headers = True
        self._header_bytes = 0
        self._set_deadline()

    def _set_deadline(self) -> None:
        """One timer serves many requests: it looks whether it came too early."""
        self._deadline = self.loop.time() + self.limits.arrival_seconds
        if self._timer is None:
            self._timer = self.loop.call_at(self._deadline, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer = None
        if self._deadline is None or self.transport.is_closing():
            return
        if self.pipeline:
            self._set_deadline()  # it waits for the answer to the one before
            return
        if self.loop.time() < self._deadline:
            self._timer = self.loop.call_at(self._deadline, self._check_deadline)
            return
        is_begun = self._body is None and self.cycle and self.cycle.response_started
        if not self._awaits_headers and not is_begun:
            self.transport.write(TIMED_OUT)
        self.transport.close()


def protocol_with(limits: Limits, answer_at_once: AnswerAtOnce) -> type[NodeProtocol]:
    """The protocol with these limits, and who answers."""
    members = {"limits": limits, "answer_at_once": staticmethod(answer_at_once)}
    return type("ServedProtocol", (NodeProtocol,), members)
