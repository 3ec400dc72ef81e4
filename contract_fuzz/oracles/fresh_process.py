"""A separate process that runs cases, started with a known hash seed.

It is `python -m contract_fuzz.oracles.fresh_server`, which reads requests from its
standard input and answers on its standard output: pickled values, each after its
length.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles.observations import Observation
from contract_fuzz.oracles.oracle import Executor
from contractvm.errors import InternalError

LENGTH_BYTES = 8
END_SECONDS = 5


@dataclass(frozen=True, slots=True)
class FreshOptions:
    """Options of a process: its hash seed, and the modules it imports first.

    A cold one recreates everything for each case. A warm one runs other transactions
    first, and each case twice.
    """

    hash_seed: int
    is_cold: bool
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An InternalError there; `positions` are those of PositionDiffers."""

    message: str
    positions: tuple[Any, Any] | None = None


class ProcessEnded(InternalError):
    """A process that ran a case ended, twice."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"a process that ran the case ended with {exit_code}")
        self.exit_code = exit_code


class FreshProcess:
    """The process, as its owner sees it; a new one after `cases_each` cases."""

    def __init__(
        self,
        start: Any,
        options: FreshOptions,
        cases_each: int = 64,
        kind: type[Executor] = CaseExecutor,
    ) -> None:
        """`kind` is the class of the executors that it makes of `start`."""
        self._begin = pickle.dumps((start, options, kind))
        self._options = options
        self._cases_each = cases_each
        self._cases = 0
        self._process: subprocess.Popen[bytes] | None = None

    def observe(self, position: Any, transactions: Sequence[Any]) -> Observation:
        """The case's result there; raises ProcessEnded, and what the process raised."""
        request = pickle.dumps((position, tuple(transactions)))
        answer = self._ask(request)
        if answer is None:
            answer = self._ask(request)
        if answer is None:
            raise ProcessEnded(self._exit_code)
        found: Observation | Failure = pickle.loads(answer)
        if isinstance(found, Observation):
            return found
        if found.positions is not None:
            raise PositionDiffers(*found.positions)
        raise InternalError(found.message)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        for stream in (process.stdin, process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                continue
        try:
            self._exit_code = process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            self._exit_code = process.wait()

    def __del__(self) -> None:
        self.close()

    def _ask(self, request: bytes) -> bytes | None:
        """The answer; None if the process has ended."""
        if self._process is None or self._cases == self._cases_each:
            self._restart()
        self._cases += 1
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise InternalError("a process without pipes")
        try:
            write_message(process.stdin, request)
            answer = read_message(process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            self.close()
        return answer

    def _restart(self) -> None:
        self.close()
        environment = {**os.environ, "PYTHONHASHSEED": str(self._options.hash_seed)}
        # What this process can import, that one can.
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        process = subprocess.Popen(
            [sys.executable, "-m", "contract_fuzz.oracles.fresh_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is its owner's to see
        )
        self._process, self._cases = process, 0
        if process.stdin is not None:
            write_message(process.stdin, self._begin)


def write_message(stream: BinaryIO | Any, content: bytes) -> None:
    """Send a message."""
    stream.write(len(content).to_bytes(LENGTH_BYTES, "little") + content)
    stream.flush()


def read_message(stream: BinaryIO | Any) -> bytes | None:
    """The next message; None at the end."""
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "little")
    content: bytes = stream.read(size)
    return content if len(content) == size else None
