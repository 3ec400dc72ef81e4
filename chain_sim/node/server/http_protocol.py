"""uvicorn's HTTP protocol with limits on connections and on headers."""

import socket
from asyncio import BaseTransport, TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chain_sim.node.server.limits import Limits


class LimitedProtocol(HttpToolsProtocol):
    """A connection: its next headers must be short, and arrive in time."""

    limits: Limits

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._header_bytes = 0
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """See asyncio."""
        super().connection_made(transport)  # type: ignore[arg-type] # a TCP transport
        # An answer is two writes: the second must not wait for the first's receipt.
        found = transport.get_extra_info("socket")
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > self.limits.connections:
            self.transport.close()
        else:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._timer is not None:
            self._header_bytes += len(data)
        super().data_received(data)
        is_waiting = self._timer is not None
        if is_waiting and self._header_bytes > self.limits.header_bytes:
            self._stop_waiting()
            self.send_400_response("The headers are too long.")

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """See uvicorn."""
        self._await_headers()
        super().on_response_complete()

    def _await_headers(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            seconds = self.limits.arrival_seconds
            self._timer = self.loop.call_later(seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        self._header_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def protocol_with(limits: Limits) -> type[LimitedProtocol]:
    """The protocol with these limits."""
    return type("NodeProtocol", (LimitedProtocol,), {"limits": limits})
