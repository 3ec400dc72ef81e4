"""The compiling worker's loop and limits, run in this process."""

import io
import resource
from types import SimpleNamespace
from typing import Any

import pytest
import wasmtime

from contractvm.errors import InternalError
from contractvm.wasm.engines.wasmtime import worker
from contractvm.wasm.engines.wasmtime.compile_process import (
    CompileLimits,
    CompileProcess,
)
from contractvm.wasm.engines.wasmtime.settings import make_engine
from contractvm.wasm.engines.wasmtime.worker_messages import (
    ANSWER,
    COMPILED,
    REFUSED,
    REQUEST,
)
from tests.helpers.wat import wat_to_wasm

SMALL = wat_to_wasm('(module (func (export "f")))')


def test_each_request_has_an_answer_until_the_input_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits: list[tuple[str, int]] = []
    monkeypatch.setattr(
        worker, "limit_memory", lambda more: limits.append(("memory", more))
    )
    monkeypatch.setattr(
        worker, "limit_time", lambda more: limits.append(("time", more))
    )
    requests = REQUEST.pack(len(SMALL), 7, 8) + SMALL + REQUEST.pack(3, 9, 10) + b"bad"
    answers = io.BytesIO()
    monkeypatch.setattr(
        worker,
        "sys",
        SimpleNamespace(
            stdin=SimpleNamespace(buffer=io.BytesIO(requests)),
            stdout=SimpleNamespace(buffer=answers),
        ),
    )
    worker.main()
    assert limits == [("memory", 7), ("time", 8), ("memory", 9), ("time", 10)]
    answers.seek(0)
    status, size = ANSWER.unpack(answers.read(ANSWER.size))
    assert status == COMPILED
    module = wasmtime.Module.deserialize(make_engine(), answers.read(size))
    assert [export.name for export in module.exports] == ["f"]
    status, size = ANSWER.unpack(answers.read(ANSWER.size))
    reason = answers.read(size).decode()
    assert status == REFUSED
    assert answers.read() == b""
    with pytest.raises(wasmtime.WasmtimeError) as caught:
        wasmtime.Module(make_engine(), b"bad")
    assert reason == str(caught.value)


def limited(
    monkeypatch: pytest.MonkeyPatch, hard: int, seconds: tuple[float, float] = (0, 0)
) -> list[Any]:
    """The limits that are set, in place of real ones."""
    found: list[Any] = []
    fake = SimpleNamespace(
        RLIMIT_DATA=resource.RLIMIT_DATA,
        RLIMIT_CPU=resource.RLIMIT_CPU,
        RLIM_INFINITY=resource.RLIM_INFINITY,
        RUSAGE_SELF=resource.RUSAGE_SELF,
        getrlimit=lambda _: (1, hard),
        setrlimit=lambda which, most: found.append((which, most)),
        getrusage=lambda _: SimpleNamespace(ru_utime=seconds[0], ru_stime=seconds[1]),
    )
    monkeypatch.setattr(worker, "resource", fake)
    return found


@pytest.mark.parametrize(
    ("status", "used"),
    [("VmPeak:\t 9 kB\nVmData:\t 3 kB\nVmStk:\t 8 kB\n", 3 * 1024), ("", 0)],
)
def test_memory_is_limited_to_so_much_more_than_now(
    monkeypatch: pytest.MonkeyPatch, status: str, used: int
) -> None:
    monkeypatch.setattr(worker, "STATUS", SimpleNamespace(read_text=lambda: status))
    found = limited(monkeypatch, resource.RLIM_INFINITY)
    worker.limit_memory(100)
    endless = resource.RLIM_INFINITY
    assert found == [(resource.RLIMIT_DATA, (used + 100, endless))]


def test_time_is_limited_to_whole_seconds_more_than_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = limited(monkeypatch, resource.RLIM_INFINITY, (2.75, 1.5))
    worker.limit_time(10)
    assert found == [(resource.RLIMIT_CPU, (4 + 1 + 10, resource.RLIM_INFINITY))]


@pytest.mark.parametrize(("most", "expected"), [(49, 49), (51, 50)])
def test_a_hard_limit_stays(
    monkeypatch: pytest.MonkeyPatch, most: int, expected: int
) -> None:
    found = limited(monkeypatch, 50)
    worker.limit(resource.RLIMIT_CPU, most)
    assert found == [(resource.RLIMIT_CPU, (expected, 50))]


class Worker:
    """A process that gives one answer and ends with a code."""

    def __init__(self, answer: bytes, code: int, *, is_gone: bool = False) -> None:
        self.stdout = io.BytesIO(answer)
        self.stdin = self
        self.code = code
        self.is_gone = is_gone

    def write(self, _: bytes) -> None:
        if self.is_gone:
            raise BrokenPipeError

    def flush(self) -> None:
        pass

    def wait(self) -> int:
        return self.code

    def kill(self) -> None:
        pass

    def communicate(self) -> None:
        pass


@pytest.mark.parametrize(
    ("process", "what"),
    [
        (Worker(b"", 5), "wasmtime's compiler ended with exit code 5"),
        (Worker(b"", 6, is_gone=True), "wasmtime's compiler ended with exit code 6"),
        (
            Worker(ANSWER.pack(COMPILED, 4) + b"abc", -24),
            "wasmtime needs more than 10 s to compile a module of 1000000 bytes",
        ),
        (
            Worker(ANSWER.pack(REFUSED, 3) + b"why", 0),
            "wasmtime does not compile it: why",
        ),
    ],
)
def test_how_a_worker_ends_is_told(
    monkeypatch: pytest.MonkeyPatch, process: Worker, what: str
) -> None:
    compiling = CompileProcess()
    module = "contractvm.wasm.engines.wasmtime.compile_process"
    monkeypatch.setattr(f"{module}.select", lambda *_: ([process], [], []))
    monkeypatch.setattr(compiling, "_running", lambda: process)
    monkeypatch.setattr(compiling, "_process", process)
    limits = CompileLimits(seconds=9, bytes_per_second=10**6)
    with pytest.raises(InternalError) as caught:
        compiling.compile(bytes(10**6), limits)
    assert str(caught.value) == what


def test_a_worker_without_pipes_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = CompileProcess()
    for missing in ("stdin", "stdout"):
        process = Worker(b"", 0)
        setattr(process, missing, None)
        monkeypatch.setattr(compiling, "_running", lambda given=process: given)
        with pytest.raises(InternalError, match=r"^a process without pipes$"):
            compiling.compile(SMALL, CompileLimits())


def test_a_compiler_that_is_gone_is_our_error() -> None:
    error = CompileProcess()._death(b"", 1, 1)
    assert type(error) is InternalError
    assert str(error) == "wasmtime's compiler is gone"
