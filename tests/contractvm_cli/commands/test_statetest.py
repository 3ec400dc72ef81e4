"""`contractvm statetest`: results, summary, exit code, faulty files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.state_tests import NO_LOGS, transfer_test
from tests.helpers.vectors import vectors_folder

ErrorOf = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file with tests in the folder `tests`."""
    folder = tmp_path / "tests"
    folder.mkdir()

    def write_file(name: str, **tests: Any) -> Path:
        path = folder / f"{name}.json"
        path.write_text(json.dumps(tests))
        return path

    return write_file


def right_root(run: Run, write: Callable[..., Path]) -> str:
    """The state root that the transfer gives."""
    path = write("probe", transfer=transfer_test("0x" + "00" * 32))
    root: str = json.loads(run("statetest", path, "--json").out)["stateRoot"]
    path.unlink()
    return root


def test_each_test_is_a_line_of_json_and_the_summary_is_on_stderr(
    run: Run, write: Callable[..., Path]
) -> None:
    root = right_root(run, write)
    write("b", second=transfer_test("0x" + "11" * 32))
    write("a", first=transfer_test(root))
    outcome = run("statetest", "tests", "--json")
    assert outcome.code == 1
    assert outcome.err == "1 passed, 1 failed of 2 tests\n"
    shared = {"stateRoot": root, "logsHash": NO_LOGS, "gasUsed": 21_000}
    assert [json.loads(line) for line in outcome.out.splitlines()] == [
        {"name": "first", "pass": True, **shared, "error": None},
        {
            "name": "second",
            "pass": False,
            **shared,
            "error": f"state root is {root}, expected 0x{'11' * 32}",
        },
    ]


def test_people_read_failures_and_a_summary(
    run: Run, write: Callable[..., Path]
) -> None:
    good, bad = right_root(run, write), "0x" + "11" * 32
    path = write("a", first=transfer_test(good))
    outcome = run("statetest", path)
    assert outcome.code == 0
    assert outcome.out == "1 passed, 0 failed of 1 tests\n"
    assert outcome.err == ""
    path = write("b", second=transfer_test(bad))
    outcome = run("statetest", path)
    assert outcome.code == 1
    assert outcome.out == (
        f"FAILED second: state root is {good}, expected {bad}\n"
        "0 passed, 1 failed of 1 tests\n"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON: "),
        ("[]", "no tests in it"),
        ('{"a": {}}', "a: 'post' is missing"),
        ('{"a": 1}', "a: "),
    ],
)
def test_a_file_that_is_no_state_test_is_named(
    error_of: ErrorOf, tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "faulty.json"
    path.write_text(content)
    assert error_of("statetest", path).startswith(f"error: {path}: {reason}")


def test_paths_that_hold_nothing(error_of: ErrorOf, tmp_path: Path) -> None:
    assert error_of("statetest", tmp_path) == f"error: no .json file in {tmp_path}"
    assert error_of("statetest", "absent") == "error: absent: no such file or folder"


def test_published_tests_pass(run: Run) -> None:
    files = sorted(vectors_folder("ewasm-state-tests").glob("*.json"))[:3]
    outcome = run("statetest", *files)
    assert outcome.out == "3 passed, 0 failed of 3 tests\n"
