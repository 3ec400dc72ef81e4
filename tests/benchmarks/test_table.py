"""The table of goals: every line has a figure, and a verdict by what is printed."""

import json
from pathlib import Path

import pytest

from benchmarks import table, table_works
from benchmarks.table import ROWS, Row, kept_works, lines, print_table
from benchmarks.table_works import QUICK, WORKS, PeerMissing, Settings, measured

LONG = ("fuel", "workers")  # many modules for wasmtime, and many processes


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in LONG else ())
        for name in WORKS
        if name != "wasm3"
    ],
)
def test_a_work_gives_the_figures_of_its_lines(name: str) -> None:
    figures, absent = measured(name, QUICK)
    assert set(figures) == {row.figure for row in ROWS if row.work == name}
    assert min(figures.values()) > 0
    assert list(absent) == []


def test_the_comparison_with_wasm3_gives_its_figures_or_names_it() -> None:
    figures, absent = measured("wasm3", QUICK)
    wanted = {row.figure for row in ROWS if row.work == "wasm3"}
    assert (set(figures), list(absent)) in ((wanted, []), (set(), ["wasm3"]))


def test_a_missing_peer_is_named_and_its_lines_have_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: Settings) -> dict[str, float]:
        raise PeerMissing("wasm3")

    monkeypatch.setitem(table_works.WORKS, "wasm3", missing)
    figures, absent = measured("wasm3", QUICK)
    works = {"wasm3": {"figures": figures, "absent": list(absent), "load": 0.5}}
    print_table(works)
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split()[-3:] == ["-", "no", "peer"]
    assert printed[-2:] == ["absent peers: wasm3", "load of the machine: 0.5 to 0.5"]


@pytest.mark.parametrize(
    ("is_least", "now", "is_met"),
    [
        (False, 1.254, True),
        (False, 1.256, False),
        (True, 1.246, True),
        (True, 1.244, False),
    ],
)
def test_a_goal_is_met_by_the_number_that_is_printed(
    is_least: bool, now: float, is_met: bool
) -> None:
    row = Row("metering", "fib_recursive", "gas/plain", 1.49, 1.25, is_least)
    assert row.is_met(now) is is_met


def test_every_work_has_lines_and_every_line_a_work() -> None:
    assert {row.work for row in ROWS} == set(WORKS)


def test_kept_figures_are_used_for_the_same_commit_and_settings(tmp_path: Path) -> None:
    origin = {"commit": "c", "quick": True}
    works = {"fuel": {"figures": {"mean": 0.9}, "absent": [], "load": 1.0}}
    path = tmp_path / "table.json"
    assert kept_works(path, origin, False) == {}
    path.write_text(json.dumps({"origin": origin, "works": works}))
    assert kept_works(path, origin, False) == works
    assert kept_works(path, origin, True) == {}
    assert kept_works(path, {**origin, "commit": "d"}, False) == {}


def test_lines_say_what_was_and_is() -> None:
    works = {
        "fuel": {"figures": {"mean": 0.93, "greatest": 1.2}, "absent": [], "load": 1.0}
    }
    found = [(line["figure"], line["now"], line["is_met"]) for line in lines(works)]
    assert found == [("mean", 0.93, True), ("greatest", 1.2, False)]


def test_works_run_in_processes_and_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.json"
    arguments = ["table", "--quick", "--only", "metering", "--json", "--out", str(out)]
    monkeypatch.setattr("sys.argv", arguments)
    table.main()
    first = json.loads(capsys.readouterr().out)
    assert [row["work"] for row in first["rows"]] == ["metering"] * 4
    monkeypatch.setattr(table, "run_work", None)
    table.main()
    assert json.loads(capsys.readouterr().out) == first
