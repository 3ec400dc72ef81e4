"""`contractvm check`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.line_tables import (
    COPY,
    END,
    advance_pc,
    line_table,
    old_files,
    set_address,
    with_line_tables,
)
from tests.helpers.module_bytes import (
    CODE,
    FUNC,
    MEMORY,
    NO_PARAMS_NO_RESULTS,
    ONE_FUNC_OF_TYPE_0,
    TYPE,
    body,
    module,
    section,
)

SOURCE = """(module (memory 1 2)
  (func $divide (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1)))
  (func (export "area") (param f64 f64)
    (f64.store (i32.const 0) (call $divide (local.get 0) (local.get 1)))))"""


@pytest.fixture
def area(tmp_path: Path) -> Path:
    path = tmp_path / "area.wat"
    path.write_text(SOURCE)
    return path


def test_the_document_of_an_open_module(run: Run, area: Path) -> None:
    outcome = run("check", area, "--profile", "any", "--json")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    stored = {
        "func": 1,
        "name": "area",
        "offset": 64,
        "instruction": "f64.store",
        "file": None,
        "line": None,
    }
    divided = {**stored, "func": 0, "name": "divide", "offset": 52}
    nowhere = dict.fromkeys(stored)
    assert document == {
        "file": str(area),
        "profile": "any",
        "floats": "permitted",
        "maxStackHeight": 65_536,
        "verdict": "open",
        "refusal": None,
        "debugFault": None,
        "openCount": 1,
        "findings": [
            {
                "kind": "nan-bits",
                "severity": "open",
                "place": stored,
                "text": "a float that may be a NaN of open bits from f64.div is stored"
                " in memory",
                "advice": "have NaNs made canonical (floats canonical), or compute in"
                " integers",
                "count": 1,
                "cause": {**divided, "instruction": "f64.div"},
            },
            {
                "kind": "nan-source",
                "severity": "information",
                "place": {**nowhere, "func": 0, "name": "divide"},
                "text": "the specification leaves open the bits of a NaN that f64.div"
                " (1) may make",
                "advice": "nothing by itself: see where the bits become visible",
                "count": 1,
                "cause": None,
            },
            {
                "kind": "stack-height",
                "severity": "information",
                "place": nowhere,
                "text": "no recursion: the stack height is at most 25, of 65536"
                " allowed",
                "advice": "nothing",
                "count": 1,
                "cause": None,
            },
        ],
    }


FAULT = "line table at byte 0 of .debug_line: nothing is known of version 9"


def test_debug_information_that_is_read_in_part_is_told(
    run: Run, tmp_path: Path
) -> None:
    # Two instructions of the func: at 15 and at 17 in the code section.
    code = wat2wasm("""(module (memory 1)
        (func (export "f") (drop (memory.grow (i32.const 1)))
          (drop (memory.grow (i32.const 1)))))""")
    damaged, file = line_table(b"", version=9), old_files([], [(b"a\x1b[2J.c", 0)])
    program = set_address(1) + COPY + advance_pc(60) + END
    path = tmp_path / "grows.wasm"
    path.write_bytes(with_line_tables(bytes(code), damaged, line_table(program, file)))
    outcome = run("check", path, "--profile", "any")
    assert f"not read  debug information: {FAULT}\n" in outcome.out
    assert outcome.out.count("a\\x1b[2J.c:1") == 2
    assert "\x1b" not in outcome.out
    document = json.loads(run("check", path, "--profile", "any", "--json").out)
    assert document["debugFault"] == FAULT
    assert document["findings"][0]["place"]["file"] == "a\x1b[2J.c"


@pytest.mark.parametrize(
    ("options", "verdict", "code"),
    [
        (("--profile", "any"), "open: engines can differ at 1 place", 1),
        (
            ("--profile", "any", "--floats", "canonical"),
            "closed: nothing is left in which engines could differ",
            0,
        ),
        (
            ("--profile", "any", "--floats", "refused"),
            "refused, so it never runs: floats not allowed: f64 in the func's type in"
            " func 0",
            0,
        ),
        (
            (),
            "refused, so it never runs: export main: missing, func type [] -> []"
            " required",
            0,
        ),
        (("--floats", "permitted"), "open: engines can differ at 1 place", 1),
    ],
)
def test_the_verdict_and_the_exit_code(
    run: Run, area: Path, options: tuple[str, ...], verdict: str, code: int
) -> None:
    outcome = run("check", area, *options)
    assert outcome.code == code
    assert f"verdict   {verdict}\n" in outcome.out


def test_people_read_a_table_and_what_to_do(run: Run, area: Path) -> None:
    outcome = run("check", area, "--profile", "any")
    assert outcome.out == (
        f"file      {area}, 86 bytes\n"
        "profile   any, floats permitted\n"
        "verdict   open: engines can differ at 1 place\n"
        "findings  1 open\n"
        "          2 information\n"
        "\n"
        "about      severity   where                                 what\n"
        + "─"
        * 131
        + "\nnan-bits   open       func 1 (area), f64.store at byte 64   a float that"
        " may be a NaN of open bits from f64.div is stored in memory\n"
        "\n"
        "to do  have NaNs made canonical (floats canonical), or compute in integers\n"
    )


def test_all_shows_what_is_for_information(run: Run) -> None:
    assert "getCallDataSize" not in run("check", COUNTER).out
    assert "getCallDataSize" in run("check", COUNTER, "--all").out


def test_many_findings_are_cut_short(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "many.wat"
    body = "(drop (memory.grow (i32.const 0)))" * 130
    path.write_text(f"(module (memory 1) (func {body}))")
    outcome = run("check", path, "--profile", "any")
    assert outcome.out.count("memory-growth") == 100
    assert "\n30 more: --all shows them\n" in outcome.out
    assert run("check", path, "--profile", "any", "--all").out.count("-growth") == 130


def test_bytes_that_are_no_module_are_an_error(
    error_of: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "text.wasm"
    path.write_text("no module")
    assert error_of("check", path).startswith(f"error: {path}: malformed module: ")


def test_a_proposal_is_a_finding(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "simd.wat"
    path.write_text("(module (func (drop (v128.const i32x4 0 0 0 0))))")
    document = run("check", path, "--json").document
    assert document["verdict"] == "refused"
    assert [finding["kind"] for finding in document["findings"]] == ["proposal"]


def test_findings_that_are_too_many_to_be_listed_are_counted(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "grows.wasm"
    code = b"\x41\0" + b"\x40\0" * 12_345 + b"\x1a\x0b"
    path.write_bytes(
        module(
            section(TYPE, NO_PARAMS_NO_RESULTS),
            section(FUNC, ONE_FUNC_OF_TYPE_0),
            section(MEMORY, b"\1\0\1"),
            section(CODE, b"\1" + body(code)),
        )
    )
    outcome = run("check", path, "--profile", "any")
    assert "verdict   open: engines can differ at 12345 places\n" in outcome.out
    assert "findings  12345 open\n" in outcome.out
    document = json.loads(run("check", path, "--profile", "any", "--json").out)
    assert document["openCount"] == 12_345
    counts = [entry["count"] for entry in document["findings"]]
    assert counts == [1] * 10_000 + [2_345, 1, 1]
