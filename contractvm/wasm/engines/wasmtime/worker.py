"""A process that compiles modules with wasmtime, each within limits.

The size of a module does not bound the memory and time that Cranelift takes: nested
loops that pass one value on take quadratic memory, and if that is not available, Rust
aborts the process. So untrusted modules are compiled here, and only this process ends.

A request is REQUEST, then the module's bytes; the answer is ANSWER, then the code, or
wasmtime's reason for refusing the module. The process ends when its input does.
"""

import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import wasmtime

from contractvm.wasm.engines.wasmtime.settings import make_engine
from contractvm.wasm.engines.wasmtime.worker_messages import (
    ANSWER,
    COMPILED,
    REFUSED,
    REQUEST,
)

STATUS = Path("/proc/self/status")


def main() -> None:
    """Serve requests until the input ends."""
    engine = make_engine()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while header := requests.read(REQUEST.size):
        size, memory_bytes, seconds = REQUEST.unpack(header)
        wasm = requests.read(size)
        limit_memory(memory_bytes)
        limit_time(seconds)
        answer(answers, *compiled(engine, wasm))


def compiled(engine: wasmtime.Engine, wasm: bytes) -> tuple[int, bytes]:
    """The answer to one request."""
    try:
        return COMPILED, bytes(wasmtime.Module(engine, wasm).serialize())
    except wasmtime.WasmtimeError as error:
        return REFUSED, str(error).encode()


def answer(answers: BinaryIO, status: int, content: bytes) -> None:
    """Write one answer."""
    answers.write(ANSWER.pack(status, len(content)))
    answers.write(content)
    answers.flush()


def limit_memory(more_bytes: int) -> None:
    """Let the process use that many bytes more than it has now.

    Private writable memory is counted, not addresses: allocators reserve those.
    """
    used = next(
        (
            int(line.split()[1]) << 10
            for line in STATUS.read_text().splitlines()
            if line.startswith("VmData:")
        ),
        0,
    )
    limit(resource.RLIMIT_DATA, used + more_bytes)


def limit_time(more_seconds: int) -> None:
    """Let the process compute for that many more seconds; all its threads count."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + more_seconds)


def limit(which: int, most: int) -> None:
    """Set the soft limit, below the hard one if there is one."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, hard))


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
