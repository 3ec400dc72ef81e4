"""`contractvm guest`: plugins of Extism, and compiled code from the cache."""

import json
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.wat import wat_to_wasm

# Returns its input without the first byte; "fail" fails with it.
PLUGIN = """(module
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error (param i64)))
  (func (export "rest")
    (call $output (i64.add (call $input) (i64.const 1))
      (i64.sub (call $length) (i64.const 1))))
  (func (export "fail") (call $error (call $input))))"""


@pytest.fixture(autouse=True)
def _plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTRACTVM_CACHE", str(tmp_path.joinpath("cache")))
    tmp_path.joinpath("plugin.wasm").write_bytes(wat_to_wasm(PLUGIN))
    tmp_path.joinpath("input").write_bytes(b"?\xc3\xa4\x1b")


def test_a_plugin_gets_stdin_and_shows_its_output(run: Run) -> None:
    outcome = run("guest", "run", "plugin.wasm", "--call", "rest", "--stdin", "input")
    assert (outcome.code, outcome.out) == (0, "ä\x1b")
    assert outcome.err.startswith("returned\n")


def test_a_tape_may_have_its_large_contents_in_a_folder(
    run: Run, tmp_path: Path
) -> None:
    tmp_path.joinpath("input").write_bytes(b"?" + b"a" * 65_536)
    guest = ("guest", "run", "plugin.wasm", "--call", "rest", "--stdin", "input")
    recorded = run(*guest, "--record", "tape", "--store", "store")
    assert recorded.code == 0
    kept = [path.read_bytes() for path in tmp_path.joinpath("store").iterdir()]
    assert tmp_path.joinpath("input").read_bytes() in kept
    replay = ("guest", "replay", "tape", "plugin.wasm", "--engine", "wasmtime")
    assert run(*replay, "--store", "store").out == recorded.out == "a" * 65_536
    missing = run(*replay)
    assert (missing.code, missing.out) == (1, "")
    assert "error: the tape has contents in a store" in missing.err
    assert run(*guest, "--store", "store").code == 2


def test_a_trap_is_shown_with_its_place(run: Run, tmp_path: Path) -> None:
    wasm = wat_to_wasm(
        '(module (func $oh (unreachable)) (func (export "go") call $oh))'
    )
    tmp_path.joinpath("trap.wasm").write_bytes(wasm)
    guest = ("guest", "run", "trap.wasm", "--call", "go")
    shown = "trapped: unreachable, at code 0x3 in oh\n"
    assert shown in run(*guest).err
    where = json.loads(run(*guest, "--json").out)["where"]
    unknown = {"file": None, "line": None, "inlined": False}
    assert where["frames"] == [
        {"func": 0, "name": "oh", "offset": 3, **unknown},
        {"func": 1, "name": "go", "offset": 7, **unknown},
    ]


def test_a_plugin_that_fails_says_why(run: Run) -> None:
    outcome = run("guest", "run", "plugin.wasm", "--call", "fail", "--stdin", "input")
    assert (outcome.code, outcome.out) == (1, "")
    assert "the run ended early: failed: ?ä" in outcome.err
    assert "Traceback" not in outcome.err


def test_auto_takes_compiled_code_where_there_is_some(run: Run) -> None:
    def engine() -> str:
        outcome = run(
            *("guest", "run", "plugin.wasm", "--call", "rest", "--stdin", "input"),
            "--json",
        )
        document = json.loads(outcome.out)
        assert document["outcome"] == "Returned"
        assert document["value"] == "ä\x1b"
        name: str = document["engine"]
        return name

    assert engine() == "interpreter"
    assert run("guest", "compile", "plugin.wasm").out == "compiled plugin.wasm\n"
    assert engine() == "wasmtime"
