"""`--engine` and `--cross-check`: the same results, and how a difference looks."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.vectors import vectors_folder
from tests.helpers.wrong_engine import (
    ForgetfulEngine,
    MiscountingEngine,
    use_wrong_engine,
)

ErrorOf = Callable[..., str]
ADD = """(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))"""
INCREMENT = "increment()"
CHECKS = (["--engine", "wasmtime"], ["--cross-check"])


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "add.wat"
    path.write_text(ADD)
    return path


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], None]:
    """`wrong(KIND)`: from now on the second engine is one of this kind."""

    return partial(use_wrong_engine, monkeypatch)


@pytest.mark.parametrize("options", CHECKS)
def test_run_gives_the_same_on_each_engine(
    run: Run, module: Path, options: list[str]
) -> None:
    command = ("run", module, "--invoke", "add", 2, 3, "--json")
    first = run(*command).document
    second = run(*command, *options).document
    assert first["engine"] == "interpreter"
    engine = "wasmtime" if "--engine" in options else "interpreter"
    assert second == first | {"engine": engine}


@pytest.mark.parametrize("options", CHECKS)
def test_chain_verbs_give_the_same_on_each_engine(run: Run, options: list[str]) -> None:
    documents = []
    for folder, chosen in (("a", []), ("b", options)):
        common = ("--db", folder, "--json", *chosen)
        address = run("deploy", COUNTER, *common).document["contractAddress"]
        sent = run("send", address, INCREMENT, *common).document
        called = run("call", address, "get()(uint256)", *common).document
        explained = run("gas", address, INCREMENT, *common).document
        documents.append((sent, called, explained))
    assert documents[0] == documents[1]
    assert documents[0][1]["decoded"] == [1]


def test_the_engine_is_taken_from_the_environment(
    run: Run, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTRACTVM_ENGINE", "wasmtime")
    command = ("run", module, "--invoke", "add", 2, 3, "--json")
    assert run(*command).document["engine"] == "wasmtime"
    assert run(*command, "--engine", "interpreter").document["engine"] == "interpreter"


def test_an_unknown_engine_is_wrong_usage(error_of: ErrorOf, module: Path) -> None:
    line = error_of("run", module, "--invoke", "add", "--engine", "v8", code=2)
    assert "'v8' is not one of 'interpreter', 'wasmtime'" in line


@pytest.mark.parametrize("options", CHECKS)
def test_state_tests_pass_on_each_engine(run: Run, options: list[str]) -> None:
    outcome = run("statetest", vectors_folder("ewasm-state-tests"), *options)
    assert outcome.out.endswith(" 0 failed of 150 tests\n")
    assert outcome.code == 0


# A difference


def difference_file() -> Path:
    (path,) = Path.cwd().glob("engine-difference-*.json")
    return path


def test_a_difference_in_run_is_shown_and_its_file_shows_it_again(
    run: Run, module: Path, wrong: Callable[[type], None]
) -> None:
    wrong(MiscountingEngine)
    prices = ("--schedule", "ewasm-metered")
    command = ("run", module, "--invoke", "add", 2, "-1", "--gas", 100, *prices)
    first = run(*command, "--cross-check")
    path = difference_file()
    assert first.code == 1
    assert [line.split() for line in first.out.splitlines()[2:]] == [
        ["error", "-", "-"],
        ["results", "i32", "1", "i32", "1"],
        ["unitsUsed", "315", "316", "differs"],
    ]
    assert first.err == (
        "error: the engines interpreter and wasmtime differ in unitsUsed; see it again:"
        f" contractvm run {path.name} --cross-check\n"
    )
    path.rename("again.json")
    again = run("run", "again.json", "--cross-check")
    assert (again.code, again.out) == (1, first.out)
    assert path.read_text() == Path("again.json").read_text()
    # Without the check it is a call like any other.
    assert run("run", "again.json", "--json").document["unitsUsed"] == 315


def test_a_difference_on_a_chain_is_shown_and_its_file_shows_it_again(
    run: Run, counter: str, wrong: Callable[[type], None]
) -> None:
    head = run("block", "--json").document["hash"]
    wrong(ForgetfulEngine)
    first = run("send", counter, INCREMENT, "--cross-check")
    path = difference_file()
    assert first.code == 1
    rows = {line.split()[0]: line for line in first.out.splitlines()}
    marked = [name for name, line in rows.items() if line.endswith("differs")]
    assert marked == ["gasUsed", "unitsLeft", "stateRoot"]
    assert first.err == (
        "error: the engines interpreter and wrong differ in gas used, units left,"
        f" state root; see it again: contractvm statetest {path.name} --cross-check\n"
    )
    assert run("block", "--json").document["hash"] == head
    again = run("statetest", path, "--cross-check")
    assert again.code == 1
    shown = {line.split()[0]: line for line in again.out.splitlines()}
    assert shown["gasUsed"] == rows["gasUsed"]
    assert run("statetest", path).out == "1 passed, 0 failed of 1 tests\n"


def test_a_difference_is_one_json_document(
    run: Run, counter: str, wrong: Callable[[type], None]
) -> None:
    wrong(ForgetfulEngine)
    outcome = run("call", counter, "get()(uint256)", "--cross-check", "--json")
    document = json.loads(outcome.out)
    assert outcome.code == 1
    assert document["file"] == difference_file().name
    here, there = document["results"]["interpreter"], document["results"]["wrong"]
    assert {key for key in here if here[key] != there[key]} == {"gasUsed", "unitsLeft"}
    (test,) = json.loads(difference_file().read_text()).values()
    assert test["_info"]["engines"] == document["results"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"module": "?", "invoke": "f", "arguments": [], "gas": 1, "schedule": "s"}',
        '{"module": "", "invoke": 1, "arguments": [], "gas": 1, "schedule": "s"}',
        '{"module": "", "invoke": "f", "arguments": [1], "gas": 1, "schedule": "s"}',
        '{"module": "", "invoke": "f", "arguments": [], "gas": -1, "schedule": "s"}',
        '{"module": "", "invoke": "f", "arguments": [], "gas": true, "schedule": "s"}',
    ],
)
def test_a_json_file_that_is_no_call_is_named(
    error_of: ErrorOf, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    line = error_of("run", path)
    assert line == f"error: {path}: not a file that `contractvm run` wrote"


@pytest.mark.parametrize(
    "options", [["--invoke", "f"], ["5"], ["--gas", "1"], ["--schedule", "s"]]
)
def test_nothing_stands_beside_a_file_that_says_it_all(
    error_of: ErrorOf, options: list[str]
) -> None:
    line = error_of("run", "again.json", *options, code=2)
    assert "a .json file is a whole call" in line


def test_a_module_needs_the_name_of_a_func(error_of: ErrorOf, module: Path) -> None:
    assert "Missing option '--invoke'" in error_of("run", module, code=2)


@pytest.mark.filterwarnings("default")
def test_a_cache_that_others_may_write_is_one_line_of_warning(
    run: Run, module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache" / "compiled"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    monkeypatch.setenv("CONTRACTVM_CACHE", str(folder.parent))
    command = ("run", module, "--invoke", "add", 2, 3, "--engine", "wasmtime")
    outcome = run(*command)
    assert outcome.code == 0
    assert outcome.err == (
        f"warning: {folder}: not this user's alone: compiled code is not kept there\n"
    )
    folder.chmod(0o700)
    assert run(*command).err == ""
    assert len(list(folder.iterdir())) == 1
