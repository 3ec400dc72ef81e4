"""The owner's side of a process that runs cases: messages, answers and its end."""

import io
import pickle
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles import fresh_oracle, fresh_process
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.fresh_process import (
    Failure,
    FreshOptions,
    FreshProcess,
    ProcessEnded,
    read_message,
    write_message,
)
from contract_fuzz.oracles.observations import Observation, OutcomeDifference
from contract_fuzz.oracles.twin_oracle import RanCase
from contractvm.errors import InternalError

OPTIONS = FreshOptions(11, is_cold=True)
SEEN = Observation((), b"root")


@pytest.mark.parametrize("content", [b"", b"abc", bytes(300)])
def test_a_message_comes_after_its_length(content: bytes) -> None:
    stream = io.BytesIO()
    write_message(stream, content)
    assert stream.getvalue() == len(content).to_bytes(8, "little") + content
    stream.seek(0)
    assert read_message(stream) == content
    assert read_message(stream) is None


@pytest.mark.parametrize("kept", [0, 7, 8, 10])
def test_a_message_that_is_cut_is_none(kept: int) -> None:
    content = (3).to_bytes(8, "little") + b"abc"
    assert read_message(io.BytesIO(content[:kept])) is None


class Pipe:
    """An end of a pipe that may be broken."""

    def __init__(self, content: bytes = b"", *, is_broken: bool = False) -> None:
        self.stream = io.BytesIO(content)
        self.is_broken = is_broken
        self.breaks = False
        self.is_closed = False
        self.written = b""

    def read(self, count: int) -> bytes:
        return self.stream.read(count)

    def write(self, content: bytes) -> None:
        if self.breaks:
            raise BrokenPipeError
        self.written += content

    def flush(self) -> None: ...

    def close(self) -> None:
        self.is_closed = True
        if self.is_broken:
            raise BrokenPipeError


class Process:
    """Stands for a process that gives these answers."""

    def __init__(self, *answers: Any, hangs: bool = False) -> None:
        packed = [pickle.dumps(answer) for answer in answers]
        sent = [len(one).to_bytes(8, "little") + one for one in packed]
        self.stdin, self.stdout = Pipe(), Pipe(b"".join(sent))
        self.hangs = hangs
        self.waited: list[int | None] = []
        self.is_killed = False

    def wait(self, seconds: int | None = None) -> int:
        self.waited.append(seconds)
        if self.hangs and not self.is_killed:
            raise subprocess.TimeoutExpired("process", 5)
        return -9 if self.is_killed else 4

    def kill(self) -> None:
        self.is_killed = True


def on(monkeypatch: pytest.MonkeyPatch, *processes: Process) -> list[Any]:
    """Start these, one after the other; what each was started with."""
    started: list[Any] = []
    left = list(processes)

    def start(command: list[str], **options: Any) -> Process:
        started.append((command, options))
        return left.pop(0)

    monkeypatch.setattr(fresh_process.subprocess, "Popen", start)
    return started


def test_a_process_has_its_hash_seed_and_this_ones_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Process(SEEN)
    started = on(monkeypatch, process)
    monkeypatch.setattr(sys, "path", ["a", "", "b"])
    monkeypatch.setenv("KEPT", "here")
    made = FreshProcess("start", OPTIONS)
    assert made.observe("position", ["call"]) == SEEN
    ((command, options),) = started
    assert command == [sys.executable, "-m", "contract_fuzz.oracles.fresh_server"]
    environment = options["env"]
    assert environment["PYTHONHASHSEED"] == "11"
    assert environment["PYTHONPATH"].replace(":", ";") == "a;b"
    assert environment["KEPT"] == "here"
    assert options["start_new_session"] is True
    sent = io.BytesIO(process.stdin.written)
    messages = [read_message(sent), read_message(sent)]
    assert [pickle.loads(one or b"") for one in messages] == [
        ("start", OPTIONS, CaseExecutor),
        ("position", ("call",)),
    ]


def test_a_process_serves_so_many_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = [Process(*[SEEN] * 3) for _ in range(3)]
    started = on(monkeypatch, *processes)
    made = FreshProcess("start", OPTIONS, cases_each=2)
    for _ in range(5):
        made.observe("position", ())
    assert len(started) == 3
    assert [process.waited for process in processes] == [[5], [5], []]
    made.close()
    assert processes[2].waited == [5]
    made.close()
    assert processes[2].waited == [5]


def test_a_process_serves_64_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    started = on(monkeypatch, *(Process(*[SEEN] * 64) for _ in range(2)))
    made = FreshProcess("start", OPTIONS)
    for _ in range(64):
        made.observe("position", ())
    assert len(started) == 1
    made.observe("position", ())
    assert len(started) == 2


def test_a_case_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    started = on(monkeypatch, Process(), Process(SEEN))
    assert FreshProcess("start", OPTIONS).observe("position", ()) == SEEN
    assert len(started) == 2


def test_a_process_that_reads_nothing_any_more_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Process(SEEN, SEEN)
    started = on(monkeypatch, process, Process(SEEN))
    made = FreshProcess("start", OPTIONS)
    made.observe("position", ())
    process.stdin.breaks = True
    assert made.observe("position", ()) == SEEN
    assert len(started) == 2


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Process(hangs=True), Process(hangs=True)
    on(monkeypatch, *processes)
    with pytest.raises(ProcessEnded) as caught:
        FreshProcess("start", OPTIONS).observe("position", ())
    assert caught.value.exit_code == -9
    assert [process.waited for process in processes] == [[5, None]] * 2


def test_both_pipes_are_closed_also_when_one_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = Process(SEEN)
    process.stdin.is_broken = True
    on(monkeypatch, process)
    made = FreshProcess("start", OPTIONS)
    made.observe("position", ())
    made.close()
    assert (process.stdin.is_closed, process.stdout.is_closed) == (True, True)
    assert process.waited == [5]


def test_a_process_without_pipes_is_our_own_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process: Any = SimpleNamespace(stdin=None, stdout=None)
    on(monkeypatch, process)
    with pytest.raises(InternalError, match="a process without pipes"):
        FreshProcess("start", OPTIONS).observe("position", ())


def test_our_own_errors_in_a_process_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (
        SimpleNamespace(transactions=(), block_hash=bytes((number,)))
        for number in (1, 2)
    )
    on(monkeypatch, Process(Failure("why"), Failure("why", (one, other))))
    made = FreshProcess("start", OPTIONS)
    with pytest.raises(InternalError) as caught:
        made.observe("position", ())
    assert str(caught.value) == "why"
    with pytest.raises(PositionDiffers) as differs:
        made.observe("position", ())
    assert (differs.value.position, differs.value.found) == (one, other)


# The oracle of two processes


class Told:
    """Stands for a process that observes what it was told to."""

    made: list["Told"]

    def __init__(self, start: str, options: FreshOptions, *, kind: type) -> None:
        self.start, self.options, self.kind = start, options, kind
        self.asked: list[Any] = []
        self.is_closed = False
        Told.made.append(self)

    def observe(self, position: str, transactions: tuple[str, ...]) -> Observation:
        self.asked.append((position, transactions))
        root = position.split()[0 if self.options.is_cold else 1]
        return Observation(("outcome",), root.encode())

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(
    ("roots", "lines"),
    [
        ("a a a", None),
        ("a b a", "state root: 0x61 here, 0x62 there"),
        ("a a b", "state root: 0x62 here, 0x61 there"),
        # The processes are compared first.
        ("a b c", "state root: 0x61 here, 0x62 there"),
    ],
)
def test_processes_are_compared_before_this_one(
    monkeypatch: pytest.MonkeyPatch, roots: str, lines: str | None
) -> None:
    Told.made = []
    monkeypatch.setattr(fresh_oracle, "FreshProcess", Told)
    monkeypatch.setattr(
        fresh_oracle,
        "observe_with_block",
        lambda _, position, __: Observation(("outcome",), position[-1].encode()),
    )
    monkeypatch.setattr(fresh_oracle, "difference_of", root_difference)
    executor: Any = SimpleNamespace(start="start")
    oracle = FreshOracle(10, 20, executor, modules=("m",))
    assert (oracle.name, oracle.share, oracle.share_of_new) == (
        *("fresh-process", 10, 20),
    )
    cold, warm = Told.made
    assert cold.options == FreshOptions(0, is_cold=True, modules=("m",))
    assert warm.options == FreshOptions(20_261_126, is_cold=False, modules=("m",))
    assert [(one.start, one.kind) for one in Told.made] == [
        ("start", SimpleNamespace)
    ] * 2
    found = oracle.difference(RanCase(executor, roots, ("call",), ()))
    assert (found and found.lines[0]) == lines
    assert cold.asked == warm.asked == [(roots, ("call",))]
    oracle.close()
    assert (cold.is_closed, warm.is_closed) == (True, True)


def root_difference(here: Observation, there: Observation) -> OutcomeDifference | None:
    if here.root == there.root:
        return None
    line = f"state root: 0x{here.root.hex()} here, 0x{there.root.hex()} there"
    return OutcomeDifference(0, ("state root",), (line,))
