"""Serving a node on a socket until it is told to end."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from logging import CRITICAL
from typing import Any

import uvicorn
from msgspec import Struct

from chain_sim.node.explorer.assets import read_assets
from chain_sim.node.methods.table import METHODS
from chain_sim.node.node import Node
from chain_sim.node.server.access import Access
from chain_sim.node.server.application import Application, page_of
from chain_sim.node.server.dispatcher import Dispatcher, Log
from chain_sim.node.server.http_protocol import protocol_with
from chain_sim.node.server.limits import DEFAULT_LIMITS, Limits

BACKLOG = 1_024
NODE_STOPS = "node is stopping"


class ServerOptions(Struct, frozen=True):
    """Options of the server; `log` gets a line for each request, None says nothing."""

    access: Access = Access()
    limits: Limits = DEFAULT_LIMITS
    log: Log | None = None


class _Server(uvicorn.Server):
    """uvicorn without its handling of signals, which the caller does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


class NodeServer:
    """Serves `node` on a listening socket; made within a running event loop."""

    def __init__(
        self, node: Node, listening: socket.socket, options: ServerOptions
    ) -> None:
        self._node = node
        self._socket = listening
        self._limits = options.limits
        self._loop = asyncio.get_running_loop()
        dispatcher = Dispatcher(node, METHODS, options.limits, options.log)
        pages = {path: page_of(asset) for path, asset in read_assets().items()}
        self._application = Application(
            node, dispatcher, options.access, self._loop, pages
        )
        config = uvicorn.Config(
            self._application,
            http=protocol_with(options.limits, self._application.answer_at_once),
            ws="websockets-sansio",
            ws_max_size=options.limits.request_bytes,
            lifespan="off",
            log_config=None,
            log_level=CRITICAL,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=options.limits.arrival_seconds,
            timeout_graceful_shutdown=options.limits.end_seconds + 1,
        )
        self._server = _Server(config)

    async def serve(self) -> None:
        """Serve until `stop` is called; then the chain's thread has ended."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._application.ticks.stop()
            self._interrupt()
            await asyncio.to_thread(self._application.writer.end)

    def stop(self) -> None:
        """Take no more requests, finish the one that runs, and end.

        A contract that runs on is interrupted after some seconds.
        """
        if not self._server.should_exit:
            self._server.should_exit = True
            self._application.close_connections()
            self._loop.call_later(self._limits.end_seconds, self._interrupt)

    def _interrupt(self) -> None:
        self._node.interrupt(NODE_STOPS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any that is free. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)


def run_loop(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine on uvloop where that is installed."""
    try:
        import uvloop  # noqa: PLC0415 (may be missing)
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())
