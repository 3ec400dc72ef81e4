"""Debug builds of a project are found by the code of the contract that failed."""

import json
from pathlib import Path

import pytest

from contractvm.ledger.debug_info import DebugInfo
from tests.contractvm_cli.conftest import Run

SOURCE = """(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (memory (export "memory") 1)
  (func $inner
    unreachable)
  (func (export "main")
    (if (call $size)
      (then
        (call $inner)))))
"""


@pytest.fixture
def contract(run: Run, tmp_path: Path) -> str:
    """The address of a contract that was built from text."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "crash.wat").write_text(SOURCE)
    (tmp_path / "contracts" / "crash.json").write_text("[]")
    (tmp_path / "pyproject.toml").write_text("[tool.contractvm]\n")
    assert run("build").code == 0
    deployed = run("deploy", "build/crash.wasm", "--json").document
    address: str = deployed["contractAddress"]
    return address


def lines(document: str) -> list[tuple[str, str, int]]:
    return [
        (frame["name"], frame["file"], frame["line"])
        for frame in json.loads(document)["where"]["frames"]
    ]


PLACES = [("inner", "contracts/crash.wat", 5), ("main", "contracts/crash.wat", 9)]


def test_failures_have_lines_of_the_projects_build(
    run: Run, contract: str, tmp_path: Path
) -> None:
    for verb in ("call", "send"):
        done = run(verb, contract, "--data", "0x01", "--json")
        assert (done.code, lines(done.out)) == (1, PLACES)
    shown = run("call", contract, "--data", "0x01", "-v").out
    assert "getCallDataSize() → 1 [4]  contracts/crash.wat:7" in shown
    assert "5 |     unreachable)" in shown
    deployed = (tmp_path / "build" / "crash.wasm").read_bytes()
    assert DebugInfo.of_code(deployed).lines is None


def test_builds_of_other_code_are_no_help(
    run: Run, contract: str, tmp_path: Path
) -> None:
    build = tmp_path / "build" / "crash.debug.wasm"
    build.rename(tmp_path / "build" / "z.debug.wasm")
    (tmp_path / "build" / "a.debug.wasm").write_bytes(b"\0asm\1\0\0\0\x0a\xff")
    (tmp_path / "build" / "b.debug.wasm").mkdir()
    done = run("call", contract, "--data", "0x01", "--json")
    assert lines(done.out) == PLACES
    (tmp_path / "build" / "z.debug.wasm").unlink()
    shown = run("call", contract, "--data", "0x01")
    assert "hint      --debug-module FILE, a build of the same code" in shown.out
