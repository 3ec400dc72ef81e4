"""`contractvm wasitest`: results, summary, exit code, faulty files."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contractvm.runtime.engine_selection import ENGINES
from tests.contractvm_cli.conftest import Run
from tests.helpers.wat import wat_to_wasm

ErrorOf = Callable[..., str]
MODULE = "wasi_snapshot_preview1"
MEMORY = '(memory (export "memory") 1)'
# Exits with the number of its arguments.
COUNTING = f"""(module
  (import "{MODULE}" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "{MODULE}" "proc_exit" (func $exit (param i32)))
  {MEMORY}
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (call $exit (i32.load (i32.const 0)))))"""
# Writes the name of the second mount to stdout, makes a directory in the first.
WRITING = f"""(module
  (import "{MODULE}" "fd_prestat_dir_name"
    (func $name (param i32 i32 i32) (result i32)))
  (import "{MODULE}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "{MODULE}" "path_create_directory"
    (func $make (param i32 i32 i32) (result i32)))
  {MEMORY} (data (i32.const 0) "\\10\\00\\00\\00\\01\\00\\00\\00")
  (func (export "_start")
    (drop (call $name (i32.const 4) (i32.const 16) (i32.const 1)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (if (call $make (i32.const 3) (i32.const 16) (i32.const 1)) (then unreachable))))"""
TRAPPING = f'(module {MEMORY} (func (export "_start") unreachable))'


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a program, and what it gets and must do, in the folder `suite`."""
    folder = tmp_path / "suite"
    folder.joinpath("d").mkdir(parents=True)
    folder.joinpath("d", "file").write_bytes(b"1")

    def write_program(name: str, source: str, **case: Any) -> Path:
        path = folder / f"{name}.wasm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wat_to_wasm(source))
        if case:
            path.with_suffix(".json").write_text(json.dumps(case))
        return path

    return write_program


@pytest.mark.parametrize("engine", ENGINES)
def test_each_program_is_a_line_of_json_and_the_summary_is_on_stderr(
    run: Run, write: Callable[..., Path], engine: str
) -> None:
    write("a/one", COUNTING, exit_code=1)
    write("a/three", COUNTING, args=["x", "y"], exit_code=2)
    write("b", WRITING, dirs=["d"], root="d", stdout="d")
    write("c", TRAPPING)
    outcome = run("wasitest", "suite", "--json", "--engine", engine)
    assert outcome.code == 1
    assert outcome.err == "2 passed, 2 failed of 4 programs\n"
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert [entry.pop("unitsUsed") for entry in found] == [
        20_501_615,
        20_501_615,
        23_557_197,
        20_000_005,
    ]
    assert found == [
        {
            "name": "a/one.wasm",
            "pass": True,
            "exitCode": 1,
            "hostCalls": 2,
            "error": None,
        },
        {
            "name": "a/three.wasm",
            "pass": False,
            "exitCode": 3,
            "hostCalls": 2,
            "error": "exit code 3, 2 expected",
        },
        {"name": "b.wasm", "pass": True, "exitCode": 0, "hostCalls": 3, "error": None},
        {
            "name": "c.wasm",
            "pass": False,
            "exitCode": None,
            "hostCalls": 0,
            "error": "unreachable",
        },
    ]


def test_a_program_writes_to_a_copy(
    run: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    write("b", WRITING, dirs=["d"], root="d")
    for _ in range(2):
        assert run("wasitest", "suite").out == "1 passed, 0 failed of 1 programs\n"
    assert sorted(tmp_path.joinpath("suite", "d").iterdir()) == [
        tmp_path / "suite" / "d" / "file"
    ]


def test_people_read_failures_and_a_summary(
    run: Run, write: Callable[..., Path]
) -> None:
    write("a", WRITING, root="d", dirs=["d"], exit_code=7, stdout="x", stderr="y\n")
    write("b", f'(module {MEMORY} (func (export "main")))')
    write("c", f'(module (import "env" "f" (func)) {MEMORY} (func (export "_start")))')
    outcome = run("wasitest", "suite")
    assert outcome.code == 1
    assert outcome.out == (
        "FAILED a.wasm: exit code 0, 7 expected; stdout is b'd', 'x' expected;"
        " stderr is b'', 'y\\n' expected\n"
        "FAILED b.wasm: export _start: func type [] -> [] required\n"
        "FAILED c.wasm: import env.f: it has no cost in gas schedule guests-1\n"
        "0 passed, 3 failed of 3 programs\n"
    )


def test_a_file_that_is_no_module_fails(run: Run, write: Callable[..., Path]) -> None:
    write("a", TRAPPING).write_bytes(b"\0asm")
    outcome = run("wasitest", "suite")
    assert (outcome.code, outcome.out.count("FAILED a.wasm: ")) == (1, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{"exit_code": "1"}', "Expected `int`, got `str` - at `$.exit_code`"),
        ('{"extra": 1}', "Object contains unknown field `extra`"),
        ('{"root": "../d"}', "'../d' is not a folder beside the program"),
        ('{"dirs": ["/etc"]}', "'/etc' is not a folder beside the program"),
        ('{"dirs": [""]}', "'' is not a folder beside the program"),
        ('{"args": ["a\\u0000"]}', "an argument has a NUL in it"),
    ],
)
def test_what_says_nothing_about_a_program_is_named(
    error_of: ErrorOf, write: Callable[..., Path], text: str, reason: str
) -> None:
    path = write("a", TRAPPING).with_suffix(".json")
    path.write_text(text)
    error = error_of("wasitest", "suite")
    assert error.startswith(f"error: suite/a.json: {reason}")


def test_a_pipe_is_not_waited_for(
    error_of: ErrorOf, write: Callable[..., Path]
) -> None:
    os.mkfifo(write("a", TRAPPING).with_suffix(".json"))
    assert error_of("wasitest", "suite").startswith("error: ")


def test_folders_that_cannot_be_used(
    run: Run, error_of: ErrorOf, write: Callable[..., Path], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert error_of("wasitest", empty) == f"error: no .wasm file in {empty}"
    assert run("wasitest", "absent").code == 2
    write("a", TRAPPING, root="absent")
    assert "absent" in error_of("wasitest", "suite")


def test_a_schedule_of_another_kind_is_refused(
    error_of: ErrorOf, write: Callable[..., Path]
) -> None:
    write("a", TRAPPING)
    error = error_of("wasitest", "suite", "--schedule", "contractvm-1")
    assert error.endswith("interface: is for ewasm, not for wasi")


def test_no_chain_runs_wasi_code(error_of: ErrorOf, tmp_path: Path) -> None:
    from contractvm.hosts.wasi.command_run import (  # noqa: PLC0415 (one test's)
        DEFAULT_SCHEDULE,
    )

    tmp_path.joinpath("a.wasm").write_bytes(wat_to_wasm(TRAPPING))
    database = ("--db", tmp_path / "chain")
    for verb in (("deploy", "a.wasm", *database), ("fuzz", "a.wasm", "--runs", 1)):
        error = error_of(*verb, "--schedule", DEFAULT_SCHEDULE)
        assert error == "error: wasi code runs without a chain"
    assert not tmp_path.joinpath("chain").exists()
