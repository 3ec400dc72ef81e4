"""Where a contract failed, in `call`, `send` and `receipt`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.wat import wat_to_wasm

SOURCE = """(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (func $inner unreachable)
  (func $middle (call $inner))
  (func (export "main")
    (if (i32.eqz (call $size)) (then (call $finish (i32.const 0) (i32.const 0))))
    (call $middle)))"""


@pytest.fixture
def broken(run: Run, tmp_path: Path) -> str:
    path = tmp_path / "broken.wasm"
    path.write_bytes(wat_to_wasm(SOURCE))
    address: str = run("deploy", path, "--json").document["contractAddress"]
    return address


LINES = """\
where        inner   code {0:#x}
             middle  code {1:#x}
             main    code {2:#x}
hint         --debug-module FILE, a build of the same code, has lines
"""


def frames(document: dict[str, Any]) -> list[tuple[int, str, int]]:
    return [
        (frame["func"], frame["name"], frame["offset"])
        for frame in document["where"]["frames"]
    ]


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_each_verb_says_where_it_failed(run: Run, broken: str, engine: str) -> None:
    called = run("call", broken, "f()", "--engine", engine, "--json")
    sent = run("send", broken, "f()", "--engine", engine, "--json")
    assert (called.code, sent.code) == (1, 1)
    document = json.loads(sent.out)
    found = frames(document)
    assert [name for _, name, _ in found] == ["inner", "middle", "main"]
    assert document["where"]["reason"] == "unreachable"
    assert document["where"]["address"] == broken
    assert json.loads(called.out)["where"] == document["where"]
    transaction = document["transactionHash"]
    read = run("receipt", transaction, "--json").document
    assert read["where"] == document["where"]
    shown = run("receipt", transaction).out
    assert shown.endswith(LINES.format(*(offset for _, _, offset in found)))


def test_what_succeeds_has_no_place(run: Run, broken: str) -> None:
    sent = run("send", broken, "--json").document
    assert sent["where"] is None
    assert run("receipt", sent["transactionHash"], "--json").document["where"] is None
    assert "where" not in run("call", broken).out


def test_another_build_is_named_and_the_result_stays(
    run: Run, broken: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.wasm"
    other.write_bytes(wat_to_wasm("(module (func nop))"))
    outcome = run("call", broken, "f()", "--debug-module", other)
    assert outcome.code == 1
    assert outcome.err == (
        f"warning: {other}: its code section is not that of the contract that failed:"
        " build it from the same source, with the same options\n"
        "error: call failed: unreachable\n"
    )
    assert "inner   code" in outcome.out


def test_a_file_that_is_no_module_is_refused_before_anything_is_sent(
    run: Run, broken: str, tmp_path: Path
) -> None:
    garbage = tmp_path / "garbage.wasm"
    garbage.write_bytes(b"\0asm")
    outcome = run("send", broken, "f()", "--debug-module", garbage)
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: {garbage}: ")
    assert run("block", "--json").document["number"] == 1


DEEP = """(module
  (memory (export "memory") 1)
  (func $a (call $a))
  (func (export "main") (call $a)))"""


def test_a_deep_stack_shows_five_frames_or_both_ends(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deep.wasm"
    path.write_bytes(wat_to_wasm(DEEP))
    address = run("deploy", path, "--json").document["contractAddress"]
    short = run("call", address).out.splitlines()
    assert sum("code 0x" in line for line in short) == 5
    assert short[-2].endswith(" more: --all shows both ends")
    whole = run("call", address, "--all").out.splitlines()
    assert sum("code 0x" in line for line in whole) == 64
    (omitted,) = [line.strip() for line in whole if "more" in line]
    count = omitted.split()[1]
    assert omitted == f"... {count} more, of them {count} a cycle of func 0"
    assert whole[-2].split()[:2] == ["main", "code"]
