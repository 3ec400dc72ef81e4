"""`contractvm build`: what it prints, writes and refuses."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract_testing.building import compilers
from tests.contractvm_cli.conftest import Run
from tests.helpers.building import require_zig, write_contract

WAT = """
(module (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "main") (call $finish (i32.const 0) (i32.const 0))))
"""
ABI = '[{"type": "function", "name": "f", "inputs": [], "outputs": []}]'


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """The source of the contract `c` in the folder where commands run."""
    write_contract(tmp_path, WAT, ABI, ".wat")
    return tmp_path / "contracts" / "c.wat"


def test_a_build_prints_size_gas_and_change(run: Run, contract: Path) -> None:
    first = run("build")
    assert first.code == 0
    header, rule, row = first.out.splitlines()
    assert header.split() == ["contract", "bytes", "deploy", "gas", "built", "change"]
    assert rule.strip("─") == ""
    assert row.split()[:3] == ["c", "80", "80,353"]
    assert run("build").out.splitlines()[-1].split()[3:] == ["up", "to", "date"]
    text = contract.read_text().replace("(call $finish", "(nop) (nop) (call $finish")
    contract.write_text(text)
    assert run("build").out.splitlines()[-1].endswith("+2 bytes")


def test_a_build_in_a_folder_below_is_the_projects(
    run: Run, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = contract.parents[1]
    (root / "pyproject.toml").write_text("[tool.contractvm.contracts]\n")
    monkeypatch.chdir(contract.parent)
    assert run("build").code == 0
    assert (root / "build" / "c.wasm").is_file()


def test_json_has_every_contract(run: Run, contract: Path) -> None:
    (document,) = run("build", "--json").document["contracts"]
    del document["seconds"]
    assert document == {
        "name": "c",
        "source": "contracts/c.wat",
        "host": "ewasm",
        "language": "WAT",
        "mode": "release",
        "bytes": 80,
        "deployGas": "80353",
        "isUpToDate": False,
        "stale": [],
        "error": None,
    }


def test_a_source_with_an_error_fails_and_the_others_are_built(
    run: Run, contract: Path
) -> None:
    (contract.parent / "b.wat").write_text("(module (func (oops)))")
    (contract.parent / "b.json").write_text(ABI)
    outcome = run("build")
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1].split()[0] == "c"
    assert outcome.err.splitlines()[0].startswith("contracts/b.wat:1:16")
    assert outcome.err.splitlines()[-1] == "error: b: contracts/b.wat does not compile"
    failed = run("build", "--json")
    assert failed.code == 1
    assert '"text": "contracts/b.wat does not compile"' in failed.out


def test_check_writes_nothing_and_names_what_is_stale(run: Run, contract: Path) -> None:
    unbuilt = run("build", "--check")
    assert unbuilt.code == 1
    assert not (contract.parents[1] / "build").exists()
    run("build")
    assert run("build", "--check").code == 0
    contract.write_text(WAT.replace("(call $finish", "(nop) (call $finish"))
    stale = run("build", "--check")
    assert stale.code == 1
    assert stale.err.splitlines() == [
        "error: build/c.wasm is stale: contractvm build c",
        "error: build/c.contractvm.json is stale: contractvm build c",
    ]


def test_clean_removes_what_was_built(run: Run, contract: Path) -> None:
    run("build")
    assert run("build", "--clean").out.splitlines() == [
        "removed build/c.contractvm.json",
        "removed build/c.wasm",
        "removed build/c.debug.wasm",
    ]
    assert run("build", "--clean").out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("build", "d"), 1, "no contract 'd'; known: c"),
        (("build", "cc"), 1, "no contract 'cc'; did you mean c?"),
        (("build", "--check", "--clean"), 2, "exclude each other"),
        (("build", "--test"), 2, "--test is for --watch"),
    ],
)
def test_what_cannot_be_built_is_one_line(
    run: Run, contract: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    outcome = run(*arguments)
    assert outcome.code == code
    (line,) = outcome.err.splitlines()
    assert words in line


def test_a_folder_without_contracts_says_what_one_is(run: Run) -> None:
    outcome = run("build")
    assert outcome.code == 1
    assert outcome.err.startswith(
        "error: no contracts in contracts: a source is NAME.c"
    )


def test_an_unknown_setting_is_named_with_its_line(run: Run, contract: Path) -> None:
    path = contract.parents[1] / "pyproject.toml"
    path.write_text("[tool.contractvm.contracts]\nmax-date = 5\n")
    outcome = run("build")
    assert outcome.code == 1
    assert f"{path}:2: " in outcome.err
    assert "max-data" in outcome.err


def no_tool(name: str) -> None:
    return None


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (".c", "C needs the ziglang package: pip install 'contractvm-wasm[c]'"),
        (".zig", "Zig needs the ziglang package: pip install 'contractvm-wasm[zig]'"),
        (".rs", "Rust needs rustc with wasm32: apt install rustc"),
        (".ts", "AssemblyScript needs node and npm install assemblyscript@0.28"),
    ],
)
def test_a_missing_tool_is_named_with_what_installs_it(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    words: str,
) -> None:
    monkeypatch.setattr(compilers.util, "find_spec", no_tool)
    monkeypatch.setattr(compilers.shutil, "which", no_tool)
    monkeypatch.setattr(compilers.sys, "prefix", str(tmp_path))
    for cached in (compilers.zig_version, compilers.rust_compiler):
        cached.cache_clear()
        monkeypatch.setattr(compilers, cached.__name__, cached)
    write_contract(tmp_path, "", ABI, ending)
    outcome = run("build")
    compilers.zig_version.cache_clear()
    compilers.rust_compiler.cache_clear()
    assert outcome.code == 1
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1


# Shells start what runs in the background with the interrupt ignored.
WATCH = """
import signal, sys
from contractvm_cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(["build", "--watch"]))
"""


def test_watching_builds_after_each_change_and_ends_by_an_interrupt(
    contract: Path, tmp_path: Path
) -> None:
    root, errors = contract.parents[1], tmp_path / "errors.txt"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", WATCH],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        module = root / "build" / "c.wasm"
        wait_for(lambda: module.is_file() and module.stat().st_size == 80)
        contract.write_text("(module (oops))")
        failure = "error: c: contracts/c.wat does not compile"
        wait_for(lambda: failure in errors.read_text())
        contract.write_text(WAT.replace("(call $finish", "(nop) (call $finish"))
        wait_for(lambda: module.stat().st_size == 81)
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "+1 bytes" in out


def wait_for(is_there: object) -> None:
    """Wait until it is, for a minute at most."""
    assert callable(is_there)
    last = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < last
        time.sleep(0.05)


def test_c_is_built_with_its_header(run: Run, tmp_path: Path) -> None:
    require_zig()
    write_contract(tmp_path, '#include "c_abi.h"\nvoid f(void) {}', ABI)
    assert run("build").code == 0
    assert (tmp_path / "build" / "c_abi.h").is_file()
    (tmp_path / "contracts" / "c.c").write_text('#include "c_abi.h"\nvoid f(void) {')
    failed = run("build")
    assert failed.code == 1
    assert failed.err.splitlines()[0].startswith("contracts/c.c:2:15: error:")


def test_verbs_take_an_artefact_for_the_module_in_it(run: Run, contract: Path) -> None:
    run("build")
    by_module = run("deploy", "build/c.wasm", "--json").document
    by_artefact = run("deploy", "build/c.contractvm.json", "--json").document
    assert by_artefact["gasUsed"] == by_module["gasUsed"]
    inspected = run("inspect", "build/c.contractvm.json", "--json").document
    assert inspected["size"] == 80


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"code": 5}', '{"code": "0xz"}', "[" * 1_000]
)
def test_a_damaged_artefact_is_refused_in_one_line(
    run: Run, tmp_path: Path, content: str
) -> None:
    (tmp_path / "c.contractvm.json").write_text(content)
    outcome = run("deploy", "c.contractvm.json")
    assert outcome.code == 1
    (line,) = outcome.err.splitlines()[-1:]
    assert line.startswith("error: c.contractvm.json: ")
