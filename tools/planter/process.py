"""Processes within limits of time, silence and memory, ended with their children."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
# A process that waits for others may be silent for longer than one that computes.
WAITING_FACTOR = 3
POLL_SECONDS = 1.0
NICENESS = 10  # of what is run, whatever the caller's is


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may take.

    `silent_seconds` are those of the processor between two outputs, so that they mean
    the same on a busy machine; of the clock it is WAITING_FACTOR times as many.
    """

    seconds: float
    silent_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, and the limit that ended it, if one did.

    `limit` is "", "time", "silence" or "memory".
    """

    code: int
    limit: str
    output: str


def run_limited(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], limits: Limits
) -> Ended:
    """Run a command to its end or to a limit; none of its children is left."""
    with subprocess.Popen(
        ["nice", "-n", str(max(0, NICENESS - os.nice(0))), *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        share_weight(process.pid)
        try:
            limit, output = follow(process, limits)
        finally:
            end_session(process.pid)
    return Ended(process.returncode, limit, output)


def share_weight(session: int) -> None:
    """Give a new session our own session's weight, where the scheduler has groups."""
    own, group = Path("/proc/self/autogroup"), Path(f"/proc/{session}/autogroup")
    try:
        weight = own.read_text().rpartition(" ")[2]
        if group.read_text().rpartition(" ")[2] != weight:
            group.write_text(weight)
    except (FileNotFoundError, ProcessLookupError):
        return  # The kernel has no groups, or the process has ended.


def follow(process: subprocess.Popen[bytes], limits: Limits) -> tuple[str, str]:
    """Read the output to its end or to a limit; return the limit and the output."""
    started = heard = time.monotonic()
    output = bytearray()
    computed = 0.0
    if process.stdout is None:
        raise ValueError("the process has no output to follow")
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            ready = selector.select(POLL_SECONDS)
            now = time.monotonic()
            if ready:
                read = os.read(process.stdout.fileno(), 1 << 16)
                if not read:
                    process.wait()
                    return "", output.decode(errors="replace")
                output += read
                heard, computed = now, seconds_of(process.pid)
            if process.poll() is not None and not ready:
                return "", output.decode(errors="replace")
            silent = max(
                (now - heard) / WAITING_FACTOR, seconds_of(process.pid) - computed
            )
            limit = passed(now - started, silent, process.pid, limits)
            if limit:
                return limit, output.decode(errors="replace")


def passed(seconds: float, silent: float, session: int, limits: Limits) -> str:
    if seconds > limits.seconds:
        return "time"
    if silent > limits.silent_seconds:
        return "silence"
    return "memory" if memory_of(session) > limits.memory_bytes else ""


def session_members(session: int) -> dict[int, list[str]]:
    """The processes of a session that still run, each with its fields from the third.

    Those of /proc/PID/stat, from the state on.
    """
    members = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            fields = text.rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                members[int(entry.name)] = fields
    return members


def seconds_of(session: int) -> float:
    """Seconds of the processor that a session has used, as far as it still runs."""
    # User and system time, its own and those of the children it has waited for.
    return (
        sum(
            sum(map(int, fields[11:15])) for fields in session_members(session).values()
        )
        / TICKS
    )


def memory_of(session: int) -> int:
    """Bytes of memory that the processes of a session have resident."""
    pages = 0
    for member in session_members(session):
        try:
            pages += int(Path(f"/proc/{member}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * PAGE


def end_session(session: int) -> None:
    """Kill what runs of a session; it writes nothing after this returns."""
    while members := session_members(session):
        for member in members:
            try:
                os.kill(member, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.01)
