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


def run_until_signal(
    node: Node,
    listening: socket.socket,
    options: ServerOptions,
    say_ready: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM; a second one ends the process at once."""
    is_ending = False

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = NodeServer(node, listening, options)

        def end() -> None:
            nonlocal is_ending
            if is_ending:
                # The database is whole: a block is one batch.
                os._exit(EXIT_INTERRUPTED)
            is_ending = True
            server.stop()

        for one in SIGNALS:
            loop.add_signal_handler(one, end)
        say_ready()
        await server.serve()

    run_loop(main)
