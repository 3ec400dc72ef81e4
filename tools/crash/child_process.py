"""A child process that gets its task and reports its progress through files.

A file takes all that is written, at once and for good. So no line is lost in a reader's
buffer, the child never waits for a reader, and a child that ends before it has read its
task breaks nothing.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self

from tests.helpers.source_tree import ROOT

SECONDS_BETWEEN_LOOKS = 0.005


class ChildProcess:
    """A command that runs with `task` as its standard input, to the block's end."""

    def __init__(self, command: Sequence[str], task: str) -> None:
        with ExitStack() as files:
            self._output = files.enter_context(tempfile.TemporaryFile())
            self._errors = files.enter_context(tempfile.TemporaryFile())
            task_file = files.enter_context(tempfile.TemporaryFile())
            task_file.write(task.encode())
            task_file.seek(0)
            self._process = subprocess.Popen(
                command,
                stdin=task_file,
                stdout=self._output,
                stderr=self._errors,
                cwd=ROOT,
            )
            self._files = files.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        self._files.close()

    def lines(self) -> list[str]:
        """The lines that it has written; not one that it has only begun."""
        whole, newline, _ = contents(self._output).rpartition(b"\n")
        return (whole + newline).decode().splitlines()

    def text(self) -> str:
        """All that it has written, errors last."""
        return (contents(self._output) + contents(self._errors)).decode()

    def wait_for(self, kind: str, max_seconds: float) -> bool:
        """Wait for a line that begins with `kind`; whether it came.

        It does not come any more when the child has ended, or after `max_seconds`.
        """
        deadline = time.monotonic() + max_seconds
        while True:
            # In this order: what it wrote before it ended is seen.
            has_ended = self._process.poll() is not None
            if any(line.startswith(f"{kind} ") for line in self.lines()):
                return True
            if has_ended or time.monotonic() > deadline:
                return False
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def kill(self) -> bool:
        """End it, if it still runs; whether it was this that ended it."""
        was_running = self._process.poll() is None
        self._process.kill()
        return was_running and self._process.wait() == -signal.SIGKILL

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return self._process.wait()


def contents(file: IO[bytes]) -> bytes:
    """The whole file. Its position is the child's too, and stays where it is."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)
