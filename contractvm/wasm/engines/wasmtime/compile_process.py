"""wasmtime's compiler in a separate process, with limits on memory and time."""

import atexit
import os
import signal
import subprocess
import sys
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from select import select
from threading import Lock

from contractvm.errors import CompilationLimit, InternalError
from contractvm.wasm.engines.wasmtime.worker_messages import ANSWER, COMPILED, REQUEST

MIB = 1 << 20
MAX_REMEMBERED = 1_024
# Seconds of the clock for each processor second that compiling may take.
PATIENCE = 6


@dataclass(frozen=True, slots=True)
class CompileLimits:
    """Limits on compiling one module: a constant, plus an amount per byte of it.

    Compilers' output takes up to 500 bytes and 5 microseconds a byte (measured,
    wasmtime 50).
    """

    memory_bytes: int = 512 * MIB
    memory_bytes_per_byte: int = 1_000
    seconds: int = 10
    bytes_per_second: int = 50_000

    def memory_for(self, wasm: bytes) -> int:
        """Bytes of memory allowed for a module."""
        return self.memory_bytes + self.memory_bytes_per_byte * len(wasm)

    def seconds_for(self, wasm: bytes) -> int:
        """Processor seconds allowed for a module."""
        return self.seconds + len(wasm) // self.bytes_per_second


class CompileProcess:
    """Compiles one module at a time; starts at first use, and again after it died.

    A module that exceeded the limits is remembered and refused at once next time.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._refused: OrderedDict[tuple[bytes, CompileLimits], str] = OrderedDict()

    def compile(self, wasm: bytes, limits: CompileLimits) -> bytes:
        """The code, as wasmtime serializes it.

        Raises CompilationLimit above the limits, and InternalError for a module that
        wasmtime refuses, or if the process cannot be started.
        """
        key = sha256(wasm).digest(), limits
        with self._lock:
            what = self._refused.get(key)
            if what is None:
                try:
                    return self._ask(wasm, limits)
                except CompilationLimit as refusal:
                    what = self._refused[key] = refusal.what
                    if len(self._refused) > MAX_REMEMBERED:
                        self._refused.popitem(last=False)
        raise CompilationLimit("wasmtime", what, len(wasm))

    def close(self) -> None:
        """End the process, if there is one; the next use starts another."""
        with self._lock:
            self._end()

    def _ask(self, wasm: bytes, limits: CompileLimits) -> bytes:
        process = self._running()
        memory_bytes, seconds = limits.memory_for(wasm), limits.seconds_for(wasm)
        requests, answers = process.stdin, process.stdout
        if requests is None or answers is None:
            raise InternalError("a process without pipes")
        try:
            try:
                requests.write(REQUEST.pack(len(wasm), memory_bytes, seconds) + wasm)
                requests.flush()
                # A compiler that was refused memory may wait for itself.
                patience = PATIENCE * seconds
                if not select([answers], [], [], patience)[0]:
                    self._end()
                    what = f"{patience} s without an answer"
                    raise CompilationLimit("wasmtime", what, len(wasm))
                header = answers.read(ANSWER.size)
                status, size = ANSWER.unpack(header) if header else (COMPILED, 0)
                content = answers.read(size)
            except BrokenPipeError:
                header = content = b""
        except BaseException:
            # Half a request or answer is left in the pipes.
            self._end()
            raise
        if not header or len(content) < size:
            raise self._death(wasm, memory_bytes, seconds)
        if status != COMPILED:
            raise InternalError(f"wasmtime does not compile it: {content.decode()}")
        return content

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._owner != os.getpid():
            # After a fork the pipes belong to the parent.
            self._process = None
        if self._process is not None and self._process.poll() is not None:
            # It died between two modules: neither is at fault.
            self._end()
        if self._process is None:
            self._process = start_worker()
            self._owner = os.getpid()
        return self._process

    def _death(self, wasm: bytes, memory_bytes: int, seconds: int) -> InternalError:
        """Why there is no answer."""
        if self._process is None:
            return InternalError("wasmtime's compiler is gone")
        code = self._process.wait()
        self._end()
        if code == -signal.SIGXCPU:
            return CompilationLimit("wasmtime", f"{seconds} s", len(wasm))
        # Where memory is refused, Rust aborts.
        if code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGKILL):
            amount = f"{memory_bytes // MIB} MiB"
            return CompilationLimit("wasmtime", amount, len(wasm))
        return InternalError(f"wasmtime's compiler ended with exit code {code}")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.communicate()


def start_worker() -> "subprocess.Popen[bytes]":
    """Start the worker process; it ends when its input does, with its parent."""
    command = [sys.executable, "-m", "contractvm.wasm.engines.wasmtime.worker"]
    # The packages that this process has, wherever it found them.
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = os.environ | {"PYTHONPATH": path}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            # Ctrl-C is for the process that asked: it ends this one.
            process_group=0,
        )
    except OSError as error:
        raise InternalError(f"wasmtime's compiler cannot start: {error}") from None


@cache
def compile_process() -> CompileProcess:
    """The compiler that all engines of this process share; it ends with the process."""
    process = CompileProcess()
    atexit.register(process.close)
    return process
