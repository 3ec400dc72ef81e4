"""`contractvm node` as a process of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.helpers.nodes import Client

LISTENING = re.compile(r"Listening on (\S+):([0-9]+)")


class NodeProcess:
    """A node that listens; `lines` are those of its banner."""

    def __init__(self, process: "subprocess.Popen[str]", lines: list[str]) -> None:
        self.process = process
        self.lines = lines
        found = LISTENING.fullmatch(lines[-1])
        assert found is not None
        self.port = int(found[2])
        self.client = Client(self.port)

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(sent)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


def start_node(*options: Any) -> NodeProcess:
    """A node on a free port; fails the test where it does not start."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "contractvm_cli",
            "node",
            "--port",
            "0",
            *map(str, options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if LISTENING.fullmatch(lines[-1]):
            return NodeProcess(process, lines)
    process.wait(30)
    raise AssertionError("\n".join(lines))


@contextmanager
def running_node(*options: Any) -> Iterator[NodeProcess]:
    """A node that is ended with the block."""
    node = start_node(*options)
    try:
        yield node
    finally:
        node.client.close()
        if node.process.poll() is None:
            node.kill()
        if node.process.stdout is not None:
            node.process.stdout.close()
