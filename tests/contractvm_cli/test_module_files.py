"""Files that should be modules and are not, or not readable."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.runtime.module_source import MAX_MODULE_BYTES, MAX_TEXT_BYTES
from contractvm_cli.fuzzing.campaigns import MAX_ABI_BYTES
from contractvm_cli.run_cases import MAX_CASE_BYTES
from tests.contractvm_cli.conftest import Run
from tests.helpers.module_bytes import custom
from tests.helpers.wat import wat_to_wasm

ErrorOf = Callable[..., str]


def test_no_such_file(error_of: ErrorOf) -> None:
    line = "error: absent.wasm: no such file or directory"
    assert error_of("inspect", "absent.wasm") == line
    assert error_of("deploy", "absent.wasm") == line
    assert not Path(".contractvm").exists()


def test_a_directory(error_of: ErrorOf, tmp_path: Path) -> None:
    assert error_of("inspect", tmp_path) == f"error: {tmp_path}: is a directory"


def test_a_pipe_is_refused_and_not_waited_for(
    error_of: ErrorOf, tmp_path: Path
) -> None:
    path = tmp_path / "pipe.wasm"
    os.mkfifo(path)
    assert error_of("inspect", path) == f"error: {path}: not a regular file"


@pytest.mark.parametrize(
    ("name", "most"), [("large.wasm", 67_108_864), ("large.wat", 16_777_216)]
)
def test_a_file_that_is_too_large(
    error_of: ErrorOf, tmp_path: Path, name: str, most: int
) -> None:
    path = tmp_path / name
    path.touch()
    os.truncate(path, most + 1)
    assert error_of("inspect", path) == f"error: {path}: larger than {most} bytes"
    os.truncate(path, most)
    assert "larger" not in error_of("inspect", path)


def test_a_program_of_forty_megabytes_is_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "program.wasm"
    debug = custom(".debug_str", bytes(40_000_000))
    path.write_bytes(wat_to_wasm('(module (func (export "f")))') + debug)
    assert run("inspect", path, "--json").document["size"] > 40_000_000


def test_documented_limits_are_those_of_the_code() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "dumps.md").read_text()
    assert f"(`.wasm`) given to a command | {MAX_MODULE_BYTES >> 20} MiB;" in page
    assert f"text format (`.wat`) | {MAX_TEXT_BYTES >> 20} MiB |" in page
    assert f"(`run`: {MAX_CASE_BYTES >> 20} MiB)" in page
    assert f"| ABI file | {MAX_ABI_BYTES >> 20} MiB," in page


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("(module (func i32.foo))", ":1:15: unknown operator or unexpected token"),
        ("(module\n  (func (param i32)", ":2:20: expected `)`"),
        ("", ":1:1: expected at least one module field"),
    ],
)
def test_a_fault_in_text_is_named_by_line_and_column(
    error_of: ErrorOf, tmp_path: Path, content: str, place: str
) -> None:
    path = tmp_path / "faulty.wat"
    path.write_text(content)
    assert error_of("inspect", path) == f"error: {path}{place}"


def test_text_in_another_encoding(error_of: ErrorOf, tmp_path: Path) -> None:
    path = tmp_path / "latin.wat"
    path.write_bytes(b"(module)\n;; \xe9")
    assert error_of("inspect", path) == f"error: {path}:2: not UTF-8 text"


def test_text_with_the_ending_of_bytes_gets_a_hint(
    error_of: ErrorOf, tmp_path: Path
) -> None:
    path = tmp_path / "text.wasm"
    path.write_text("(module)")
    assert error_of("inspect", path) == (
        f"error: {path}: malformed module: magic header not detected at byte 0;"
        " is it a .wasm file? The text format needs the ending .wat"
    )


def test_bytes_that_break_off(error_of: ErrorOf, tmp_path: Path) -> None:
    path = tmp_path / "short.wasm"
    path.write_bytes(wat_to_wasm('(module (func (export "main")))')[:-1])
    assert error_of("inspect", path).startswith(f"error: {path}: malformed module: ")


def test_a_name_with_control_characters_stays_on_one_line(
    error_of: ErrorOf, tmp_path: Path
) -> None:
    line = error_of("inspect", "a\nb\x1b[31m.wasm")
    assert line == "error: a\\nb\\x1b[31m.wasm: no such file or directory"
