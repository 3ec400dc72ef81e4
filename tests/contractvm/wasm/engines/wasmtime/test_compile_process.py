"""wasmtime's compiler under limits: what exceeds them is refused, nothing else is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from unittest import mock

import pytest

from contractvm.errors import CompilationLimit, InternalError
from contractvm.wasm.engines.wasmtime import compile_process
from contractvm.wasm.engines.wasmtime.compile_process import (
    CompileLimits,
    CompileProcess,
)
from contractvm.wasm.engines.wasmtime.compiler import SMALL_MODULE_BYTES, Compiler
from contractvm.wasm.engines.wasmtime.worker import ANSWER
from tests.helpers.examples import example
from tests.helpers.hostile_shapes import SHAPES
from tests.helpers.module_bytes import custom

MIB = 1 << 20
LIMITS = CompileLimits()
TOKEN = example("token/token.wasm")
# Blocks in sequence that pass 16 values: quadratic memory in wasmtime.
GREEDY = SHAPES["blocks_with_values"](20_000, 16)
SLOW = SHAPES["many_locals"](40_000, 0)


@pytest.fixture(name="process")
def a_process() -> Iterator[CompileProcess]:
    process = CompileProcess()
    yield process
    process.close()


def worker_of(process: CompileProcess) -> int:
    assert process._process is not None
    return process._process.pid


def test_what_exceeds_the_memory_is_refused_and_nothing_else(
    process: CompileProcess,
) -> None:
    """2 GiB for 20 KB, and Rust aborts the process if it cannot have them."""
    code = process.compile(TOKEN, LIMITS)
    with pytest.raises(CompilationLimit) as refusal:
        process.compile(GREEDY, LIMITS)
    memory = (512 * MIB + 1_000 * len(GREEDY)) // MIB
    assert refusal.value.what == f"{memory} MiB"
    assert refusal.value.module_bytes == len(GREEDY)
    assert str(refusal.value) == (
        f"wasmtime needs more than {memory} MiB to compile a module of"
        f" {len(GREEDY)} bytes"
    )
    assert len(process.compile(TOKEN, LIMITS)) == len(code)


def test_what_exceeds_the_time_is_refused(process: CompileProcess) -> None:
    limits = CompileLimits(seconds=1, bytes_per_second=10**9)
    with pytest.raises(CompilationLimit) as refusal:
        process.compile(SLOW, limits)
    assert refusal.value.what == "1 s"
    process.compile(TOKEN, LIMITS)


def test_a_refusal_is_remembered_under_its_limits(process: CompileProcess) -> None:
    narrow = CompileLimits(memory_bytes=8 * MIB, memory_bytes_per_byte=0)
    large = SHAPES["plain_calls"](100_000, 0)
    with pytest.raises(CompilationLimit):
        process.compile(large, narrow)
    with (
        mock.patch.object(compile_process, "start_worker", side_effect=AssertionError),
        pytest.raises(CompilationLimit, match="more than 8 MiB"),
    ):
        process.compile(large, narrow)
    process.compile(large, LIMITS)


def test_a_module_that_wasmtime_refuses_is_our_error(process: CompileProcess) -> None:
    with pytest.raises(InternalError, match="wasmtime does not compile it") as error:
        process.compile(TOKEN + b"\xff", LIMITS)
    assert not isinstance(error.value, CompilationLimit)
    first = worker_of(process)
    process.compile(TOKEN, LIMITS)
    assert worker_of(process) == first


def test_a_worker_that_died_between_two_modules_is_replaced(
    process: CompileProcess,
) -> None:
    process.compile(TOKEN, LIMITS)
    first = worker_of(process)
    os.kill(first, signal.SIGKILL)
    assert process._process is not None
    process._process.wait()
    process.compile(TOKEN, LIMITS)
    assert worker_of(process) != first


def test_an_interrupted_request_leaves_nothing_in_the_pipes(
    process: CompileProcess,
) -> None:
    process.compile(TOKEN, LIMITS)
    worker = process._process
    assert worker is not None
    interrupted = mock.Mock(size=ANSWER.size)
    interrupted.unpack.side_effect = KeyboardInterrupt
    with (
        mock.patch.object(compile_process, "ANSWER", interrupted),
        pytest.raises(KeyboardInterrupt),
    ):
        process.compile(TOKEN, LIMITS)
    assert worker.wait() == -signal.SIGKILL
    process.compile(TOKEN, LIMITS)


def test_a_worker_that_cannot_start_is_our_error(process: CompileProcess) -> None:
    with (
        mock.patch.object(compile_process.sys, "executable", "/nonexistent"),
        pytest.raises(InternalError, match="cannot start"),
    ):
        process.compile(TOKEN, LIMITS)


@pytest.mark.parametrize("size", [SMALL_MODULE_BYTES, SMALL_MODULE_BYTES + 1])
def test_small_modules_are_compiled_in_this_process(size: int) -> None:
    counter = example("counter/counter.wasm")
    # Id, two bytes of length, the name `x` with its length.
    wasm = counter + custom("x", bytes(size - len(counter) - 5))
    assert len(wasm) == size
    compiler = Compiler(None)
    with mock.patch.object(
        CompileProcess, "compile", side_effect=InternalError("asked")
    ):
        if size <= SMALL_MODULE_BYTES:
            compiler._compile(wasm)
            return
        with pytest.raises(InternalError, match="asked"):
            compiler._compile(wasm)


def test_a_compiler_that_never_answers_is_given_up(process: CompileProcess) -> None:
    """Where a little memory is refused, a thread can wait for itself."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    silent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    limits = CompileLimits(seconds=1, bytes_per_second=10**9)
    with (
        mock.patch.object(compile_process, "start_worker", return_value=silent),
        mock.patch.object(compile_process, "PATIENCE", 1),
        pytest.raises(CompilationLimit, match="1 s without an answer"),
    ):
        process.compile(TOKEN, limits)
    assert silent.returncode == -signal.SIGKILL
    process.compile(TOKEN, LIMITS)


def test_after_a_fork_the_child_starts_a_compiler_of_its_own(
    process: CompileProcess,
) -> None:
    process.compile(TOKEN, LIMITS)
    parents = worker_of(process)
    child = os.fork()
    if child == 0:
        process.compile(TOKEN, LIMITS)
        own = worker_of(process)
        os.kill(own, signal.SIGKILL)
        os._exit(0 if own != parents else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    process.compile(TOKEN, LIMITS)
    assert worker_of(process) == parents
