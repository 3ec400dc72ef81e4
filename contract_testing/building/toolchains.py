"""Compilers: where they are, what they are called with, and what they say."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from contract_testing.building.errors import BuildFailed
from contractvm.runtime.module_source import MAX_MODULE_BYTES
from gas_schedule.bounded_files import read_bounded

COMPILE_SECONDS = 120
POLL_SECONDS = 0.2
MAX_OUTPUT_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Request:
    """What to compile: paths are relative to `root`, but for `output`.

    `output` is the module to write, `include` a folder of headers and modules that the
    source may use. `optimisation` are the flags for it, `flags` the
    user's. `stop`, once set, ends the compiler. `max_data` limits call data in bytes.
    """

    root: Path
    name: str
    source: Path
    include: Path
    host: str
    output: Path
    memory_pages: int = 1
    max_data: int = 1_024
    optimisation: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    stop: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Command:
    """A compiler's command; `compiler` names it with its version.

    `flags` are what of it says how code is made: no paths of this machine.
    """

    compiler: str
    program: tuple[str, ...]
    flags: tuple[str, ...]
    places: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)


def run_compiler(command: Command, request: Request) -> bytes:
    """The module that a compiler makes.

    Raises BuildFailed with what it said; one that takes more than two minutes is
    killed.
    """
    words = [*command.program, *command.flags, *command.places]
    process = subprocess.Popen(
        words,
        cwd=request.root,
        env={**os.environ, **command.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said = output_of(process, request.stop)
    except BaseException:
        kill_session(process)
        raise
    text = said.decode(errors="replace")[:MAX_OUTPUT_CHARACTERS]
    if process.returncode != 0 or not request.output.exists():
        raise BuildFailed(f"{request.source} does not compile", text)
    return read_bounded(request.output, MAX_MODULE_BYTES)


def output_of(process: subprocess.Popen[bytes], stop: Event) -> bytes:
    """What a compiler says until it ends; raises BuildFailed if it must end before."""
    last = time.monotonic() + COMPILE_SECONDS
    while not stop.is_set():
        try:
            return process.communicate(timeout=POLL_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() > last:
                reason = f"the compiler took more than {COMPILE_SECONDS} s"
                raise BuildFailed(reason) from None
    raise BuildFailed("interrupted")


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """End a compiler, and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def joined_flags(*groups: Sequence[str]) -> tuple[str, ...]:
    """All flags, in order."""
    return tuple(flag for group in groups for flag in group)
