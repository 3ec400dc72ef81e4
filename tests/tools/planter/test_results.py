"""The file of a run, and its report."""

import json
from pathlib import Path

import pytest

from tools.planter import results
from tools.planter.operators import Fault
from tools.planter.results import (
    EQUIVALENTS,
    Planted,
    diff,
    planted,
    read_results,
    report,
    write_results,
)

SOURCE = "def f(a):\n    return a + 1\n"
PATH = "gas_schedule/a.py"
NAMES = ("path", "line", "column", "original", "replacement")


def fault(outcome: str, path: str = PATH, replacement: str = "-") -> Planted:
    made = planted(path, SOURCE, Fault(SOURCE.index("+"), "+", replacement))
    made.outcome = outcome
    return made


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "gas_schedule").mkdir()
    (tmp_path / PATH).write_text(SOURCE)
    return tmp_path


def test_a_fault_knows_its_line() -> None:
    made = fault("")
    assert (made.number, made.line) == (2, "return a + 1")
    assert diff(made, SOURCE) == "-    return a + 1\n+    return a - 1"


@pytest.mark.parametrize(
    "moved",
    [f"\n\n{SOURCE}", f"if a:\n    {SOURCE}", "def g(a):\n        return a + 1\n"],
)
def test_a_fault_goes_with_its_line(moved: str) -> None:
    changed = fault("").fault_in(moved).plant(moved)
    assert changed == moved.replace("+", "-")


@pytest.mark.parametrize("source", ["", SOURCE * 2, SOURCE.replace("1", "2")])
def test_a_fault_whose_line_is_not_there_once_is_gone(source: str) -> None:
    moved = f"\n{source}"
    with pytest.raises(ValueError, match=r"has the line [02] times"):
        fault("").fault_in(moved)


def test_a_file_of_results_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.json"
    chosen = [fault("noticed"), fault("")]
    write_results(path, 3, chosen)
    assert read_results(path) == chosen
    assert json.loads(path.read_text())["seed"] == 3
    assert list(path.parent.iterdir()) == [path]


def test_the_score_counts_what_tests_judged_and_no_more(sources: Path) -> None:
    chosen = [
        *(fault("noticed") for _ in range(3)),
        fault("survived"),
        fault("does not compile"),
        fault("equivalent"),
        fault("gone"),
        fault(""),
        fault("noticed", "contractvm/wasm/binary/b.py"),
    ]
    assert report(chosen, sources).splitlines() == [
        "contractvm/wasm              100.0 %  1/1 noticed",
        "gas_schedule                  75.0 %  3/4 noticed; 1 does not compile,"
        " 1 equivalent, 1 gone, 1 not run",
        "all                           80.0 %  4/5 noticed; 1 does not compile,"
        " 1 equivalent, 1 gone, 1 not run",
        "",
        "gas_schedule/a.py:2",
        "-    return a + 1",
        "+    return a - 1",
    ]


def test_a_survivor_that_was_judged_equivalent_is_not_counted(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {
        "path": PATH,
        "line": "return a + 1",
        "column": 9,
        "original": "+",
        "replacement": "-",
        "why": "a test's",
    }
    listed = tmp_path / "equivalents.json"
    listed.write_text(json.dumps([entry]))
    monkeypatch.setattr(results, "EQUIVALENTS", listed)
    other = fault("survived", replacement="*")
    assert report([fault("survived"), other], sources).splitlines()[:3] == [
        "gas_schedule                   0.0 %  0/1 noticed; 1 judged equivalent",
        "all                            0.0 %  0/1 noticed; 1 judged equivalent",
        "",
    ]


def test_a_survivor_whose_source_has_changed_is_still_reported(sources: Path) -> None:
    (sources / PATH).write_text("")
    assert report([fault("survived")], sources).splitlines()[3:] == [
        "gas_schedule/a.py:2 (changed since)",
        "- return a + 1",
    ]


def test_every_judged_equivalent_has_a_reason_and_a_line_that_exists() -> None:
    root = Path(__file__).resolve().parents[3]
    for entry in json.loads(EQUIVALENTS.read_text()):
        assert set(entry) == {*NAMES, "why"}
        assert entry["why"]
        lines = (root / entry["path"]).read_text().splitlines()
        assert entry["line"] in [line.strip() for line in lines], entry
        place = entry["line"][entry["column"] :]
        assert place.startswith(entry["original"].splitlines()[0]), entry
