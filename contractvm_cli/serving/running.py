"""A node's life: it listens, serves until a signal, and ends cleanly."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable

from chain_sim.node.node import Node
from chain_sim.node.server.serving import (
    NodeServer,
    ServerOptions,
    run_loop,
)
from contractvm_cli.failures import EXIT_INTERRUPTED

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Some programs send a signal to a process and to its group: that is one signal.
SAME_SIGNAL_SECONDS = 0.1


def run_until_signal(
    node: Node,
    listening: socket.socket,
    options: ServerOptions,
    tellers: tuple[Callable[[], None], Callable[[], None]],
) -> None:
    """Serve until SIGINT or SIGTERM; a second one ends the process at once.

    `tellers` say that the node listens, and that it has ended.
    """
    say_ready, say_ended = tellers
    first_signal: float | None = None

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = NodeServer(node, listening, options)

        def end() -> None:
            nonlocal first_signal
            if first_signal is None:
                first_signal = loop.time()
                server.stop()
            elif loop.time() - first_signal > SAME_SIGNAL_SECONDS:
                # The database is whole: a block is one batch.
                say_ended()
                os._exit(EXIT_INTERRUPTED)

        for one in SIGNALS:
            loop.add_signal_handler(one, end)
        say_ready()
        await server.serve()

    try:
        run_loop(main)
    finally:
        say_ended()
