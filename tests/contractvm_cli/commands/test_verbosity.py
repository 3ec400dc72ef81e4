"""`-v` of `call` and `send`: each host call, then the Wasm funcs, with source lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import Run

SOURCE = """(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "callDataCopy" (func $copy (param i32 i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (memory (export "memory") 1)
  (func $inner
    (call $store (i32.const 0)
      (i32.const 32))
    (if (i32.gt_u (call $size) (i32.const 40))
      (then
        (call $copy (i32.const 64) (i32.const 0) (call $size))
        (call $revert (i32.const 64) (call $size)))))
  (func (export "main")
    (call $inner)))"""
HOST = [
    "├─ storageStore 0: 0 → 0 [5,000]{0}",
    "├─ getCallDataSize() → 1 [4]{1}",
    "└─ ← ()",
]
FUNCS = ["├─ func main, 1 call [own 1]", "├─ func inner, 1 call [own 5,005]"]
NOWHERE, SOMEWHERE = ("", ""), ("  a.wat:8", "  a.wat:10")


@pytest.fixture
def contract(run: Run, tmp_path: Path) -> str:
    (tmp_path / "a.wat").write_text(SOURCE)
    address: str = run("deploy", "a.wat", "--json").document["contractAddress"]
    return address


def host(lines: tuple[str, str]) -> list[str]:
    return [line.format(*lines) for line in HOST]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), []),
        (("-v",), host(NOWHERE)),
        (("-v", "--debug-module", "a.wat"), host(SOMEWHERE)),
        (("-vv",), FUNCS + host(NOWHERE)),
        (("-vvvvv", "--debug-module", "a.wat"), FUNCS + host(SOMEWHERE)),
    ],
)
def test_each_level_shows_more_of_a_call(
    run: Run, contract: str, options: tuple[str, ...], shown: list[str]
) -> None:
    called = run("call", contract, "--data", "0x01", *options)
    assert (called.code, called.err) == (0, "")
    lines = called.out.splitlines()
    facts = lines.index("result    0x")
    if shown:
        assert lines[0].startswith(f"{contract}::0x01 [")
    assert lines[1:facts] == shown
    sent = run("send", contract, "--data", "0x01", *options).out.splitlines()
    assert sent[1 : len(shown) + 1] == shown or not shown
    assert sent[len(shown) + bool(shown)].startswith("transaction")


def test_a_trace_is_part_of_the_document(run: Run, contract: str) -> None:
    call = ("call", contract, "--data", "0x01", "--json")
    plain = run(*call).document
    assert "trace" not in plain
    document = run(*call, "-v", "--debug-module", "a.wat").document
    trace: dict[str, Any] = document.pop("trace")
    assert document == plain
    assert (trace["format"], trace["transaction"]) == ("contractvm-trace", None)
    first, second = trace["call"]["steps"]
    assert (first["name"], first["at"]["file"], first["at"]["line"]) == (
        *("storageStore", "a.wat", 8),
    )
    assert second["at"]["line"] == 10
    sent = run("send", contract, "--data", "0x01", "--json", "-v").document
    assert sent["trace"]["transaction"] == sent["transactionHash"]
    assert sent["trace"]["call"]["steps"][0]["at"] == {
        "offset": first["at"]["offset"],
        "file": None,
        "line": None,
    }


def test_what_a_contract_says_is_on_one_line_and_cut(run: Run, contract: str) -> None:
    reason = "\x1b[31m\n" + "x" * 1_000
    data = run("abi-encode", "Error(string)", reason).out.strip()
    called = run(
        "call", contract, "--data", "0x08c379a0" + data.removeprefix("0x"), "-v"
    )
    assert called.code == 1
    assert "\x1b" not in called.out + called.err
    (end,) = [line for line in called.out.splitlines() if line.startswith("└─ ✗")]
    assert end.startswith("└─ ✗ reverted: \\x1b[31m\\nxxxx")
    assert end.endswith("... 616 more")
    (copied,) = [line for line in called.out.splitlines() if "callDataCopy" in line]
    assert "... 1,0" in copied


def test_aspects_of_a_trace_alone(run: Run, contract: str) -> None:
    traced = ("trace", contract, "--data", "0x01")
    assert run(*traced, "--host").out.splitlines()[2:] == host(NOWHERE)
    assert run(*traced, "--storage").out.splitlines()[2:] == host(NOWHERE)[::2]
    funcs = run(*traced, "--functions").out.splitlines()[2:]
    assert funcs == [*FUNCS, *host(NOWHERE)[::2]]
    assert run(*traced, "--only", contract).out.splitlines()[2:] == host(NOWHERE)[::2]
    other = "0x" + "11" * 20
    assert run(*traced, "-v", "--only", other).out.splitlines()[2:] == ["└─ ← ()"]


def test_a_call_with_its_trace_changes_nothing(run: Run, contract: str) -> None:
    call = ("call", contract, "--data", "0x01", "--json")
    before = run("block", "latest", "--json").document
    gas = run(*call).document["gasUsed"]
    assert run(*call, "-vv").document["gasUsed"] == gas
    assert run("block", "latest", "--json").document == before
    wasmtime = json.loads(run(*call, "-v", "--engine", "wasmtime").out)
    assert wasmtime["trace"] == run(*call, "-v").document["trace"]


@pytest.mark.parametrize("verb", ["call", "send"])
def test_a_signature_names_the_function(run: Run, contract: str, verb: str) -> None:
    shown = run(verb, contract, "put(uint256,bool)", "7", "true", "-v")
    first = shown.out.splitlines()[0]
    assert first.startswith(f"{contract}::put(7, True) [")
    run("book", "add", "store", contract)
    shown = run("trace", "store", "put(address,bool)", "store", "true")
    assert "store::put(store, True) [" in shown.out
