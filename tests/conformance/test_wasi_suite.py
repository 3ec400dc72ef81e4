"""The published suite of WASI programs, and what else there is to run."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE, run_command
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.program_suite import (
    ProgramResult,
    find_programs,
    run_program,
)
from contractvm.hosts.wasi.state import WasiState
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.source_tree import ROOT
from tests.helpers.vectors import vectors_folder
from tests.helpers.wasi import pipeline

FOLDER = "guests"
PUBLISHED = 48
# The suite's reference host does not keep rights: the program then makes one call more.
OTHER_CALLS = {"rust/path_filestat.wasm"}


def suite() -> Path:
    return vectors_folder(FOLDER) / "wasi-testsuite"


@functools.cache
def results(engine: str) -> dict[str, ProgramResult]:
    folder = suite()
    return {
        path.relative_to(folder).as_posix(): run_program(
            pipeline(engine, DEFAULT_SCHEDULE),
            path,
            path.relative_to(folder).as_posix(),
        )
        for path in find_programs(folder)
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_every_published_program_does_what_it_must(engine: str) -> None:
    found = results(engine)
    assert {name: one.error for name, one in found.items() if not one.passed} == {}
    assert len(found) == PUBLISHED


def test_units_and_exit_codes_are_the_same_on_each_engine() -> None:
    assert results("interpreter") == results("wasmtime")


@pytest.mark.parametrize(
    ("engine", "hash_seed"),
    [
        ("interpreter", "1"),
        ("interpreter", "12345"),
        pytest.param("wasmtime", "54321", marks=pytest.mark.slow),
    ],
)
def test_another_process_has_the_same_results(engine: str, hash_seed: str) -> None:
    command = (sys.executable, "-m", "contractvm_cli", "wasitest", str(suite()))
    finished = subprocess.run(
        [*command, "--json", "--engine", engine],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stderr == "48 passed, 0 failed of 48 programs\n"
    assert [json.loads(line) for line in finished.stdout.splitlines()] == [
        {
            "name": name,
            "pass": one.passed,
            "exitCode": one.exit_code,
            "unitsUsed": one.units_used,
            "hostCalls": one.host_calls,
            "error": one.error,
        }
        for name, one in results("interpreter").items()
    ]


def test_programs_make_the_calls_that_the_reference_run_counted() -> None:
    counts = json.loads(suite().joinpath("counts.json").read_text())
    found = {name: one.host_calls for name, one in results("interpreter").items()}
    assert {
        name for name, calls in found.items() if calls != counts[name]["host_calls"]
    } == OTHER_CALLS


@pytest.mark.parametrize("engine", ENGINES)
def test_a_compiled_program_reads_prints_and_writes_a_file(engine: str) -> None:
    code = vectors_folder(FOLDER).joinpath("programs", "hello.wasm").read_bytes()
    state = WasiState(
        args=["hello", "bob"],
        stdin=b"1.5\n2.5\n",
        mounts={"/data": FileTree(writable=True)},
    )
    ended = run_command(pipeline(engine, DEFAULT_SCHEDULE), code, state, 10**12)
    assert (ended.exit_code, ended.units_used) == (0, 53_346_985)
    assert state.stdout == b"hello bob n=2 mean=2.000\n"
    assert dict(state.mounts["/data"]) == {"out.txt": b"ok\n"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "stdin", "exit_code", "stdout"),
    [
        ("noop", b'{"test":"echo"}', 0, b'{"test":"echo"}'),
        ("exit_code", b'{"code":1}', 1, b'{"exit":1}'),
    ],
)
def test_functions_of_a_shop_platform(
    engine: str, name: str, stdin: bytes, exit_code: int, stdout: bytes
) -> None:
    code = vectors_folder(FOLDER).joinpath("shopify", f"{name}.wasm").read_bytes()
    state = WasiState(args=[name], stdin=stdin)
    ended = run_command(pipeline(engine, DEFAULT_SCHEDULE), code, state, 10**12)
    assert (ended.exit_code, state.stdout.strip()) == (exit_code, stdout)
