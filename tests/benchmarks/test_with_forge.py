"""Results of forge's fuzzing: its report, its absence, and its project."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import fuzz_forge, with_forge
from benchmarks.fuzz_forge import forge_rate
from benchmarks.with_forge import (
    ForgeFailed,
    ForgeMissing,
    ForgeRun,
    count_runs,
    find_forge,
    forge_project,
)


def report_of(**result: Any) -> str:
    """The output of forge 1.7.1, without the parts that are not read."""
    return json.dumps(
        {
            "test/Counter.t.vy:Counter.t": {
                "duration": "39ms 601µs 697ns",
                "test_results": {
                    "test_call(uint256,bytes)": {
                        "status": "Success",
                        "reason": None,
                        "kind": {"Fuzz": {"runs": 1000, "mean_gas": 10232}},
                    }
                    | result
                },
                "warnings": [],
            }
        }
    )


def tree(folder: Path, *, forge: bool, vyper: bool) -> Path:
    """A folder with the programs as files, and npm on the path in `folder/bin`."""
    for is_there, name in ((True, "bin/npm"), (vyper, "bin/vyper")):
        if is_there:
            folder.joinpath("bin").mkdir(exist_ok=True)
            folder.joinpath(name).write_text("")
            folder.joinpath(name).chmod(0o755)
    if forge:
        folder.joinpath("node_modules/.bin").mkdir(parents=True)
        folder.joinpath("node_modules/.bin/forge").write_text("")
    return folder


def test_report_says_how_many_cases_ran() -> None:
    assert count_runs(report_of()) == 1000


def test_progress_before_the_report_is_passed_over() -> None:
    """A guided run of more than five seconds was taken for one without a report."""
    progress = '{"timestamp":1795702322,"test":"test_call","metrics":{}}\n'
    assert count_runs(progress + report_of() + "\n") == 1000


def test_failed_test_is_an_error_with_its_reason() -> None:
    report = report_of(status="Failure", reason="a call of the counter's failed")
    with pytest.raises(ForgeFailed, match="failed: a call of the counter's failed"):
        count_runs(report)


@pytest.mark.parametrize(
    ("report", "errors", "said"),
    [
        ("", "Error: vyper not found\n", "Error: vyper not found"),
        ("{}", "", "{}"),
        ("expected:\n1\n", "Error: Compilation failed", "expected:\n1\nError: .*"),
        ("", "", "no report"),
    ],
)
def test_no_report_is_an_error_with_what_forge_said(
    report: str, errors: str, said: str
) -> None:
    with pytest.raises(ForgeFailed, match=f"^{said}$"):
        count_runs(report, errors)


def test_forge_is_missing_without_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ForgeMissing, match="npm"):
        find_forge()


@pytest.mark.parametrize(
    ("has_forge", "has_vyper", "said"),
    [(False, True, "it is not installed"), (True, False, "its tests need vyper")],
)
def test_what_is_missing_is_said(
    has_forge: bool,
    has_vyper: bool,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tree(tmp_path, forge=has_forge, vyper=has_vyper)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setattr(with_forge.sys, "executable", str(folder / "bin/python"))
    with pytest.raises(ForgeMissing, match=said):
        find_forge(folder)


def test_forge_is_found_where_it_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree(tmp_path, forge=True, vyper=True)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setattr(with_forge.sys, "executable", str(folder / "bin/python"))
    assert find_forge(folder) == folder / "node_modules/.bin/forge"


def test_benchmark_without_npm_says_so_and_measures_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fuzz_forge, "ROUNDS", 1)
    monkeypatch.setattr(fuzz_forge, "CASES", 64)
    fuzz_forge.main()
    out = capsys.readouterr().out
    assert "forge is left out: it comes with npm" in out
    assert "counter  ours" in out
    assert "counter  forge" not in out


def test_start_of_forge_is_not_in_its_rate() -> None:
    """Two seconds of start, and a thousandth for each case."""
    few, many = ForgeRun(100), ForgeRun(5_100)
    rate = forge_rate(few, many, {few: 2.1, many: 7.1})
    assert rate.cases == rate.calls == pytest.approx(1_000)


@pytest.mark.slow
@pytest.mark.parametrize("contract", fuzz_forge.SUBJECTS)
@pytest.mark.parametrize("is_guided", [False, True])
def test_forge_runs_the_cases_of_the_project(contract: str, is_guided: bool) -> None:
    try:
        find_forge()
    except ForgeMissing as reason:
        pytest.skip(f"forge: {reason}")
    with forge_project() as project:
        assert project.seconds(contract, ForgeRun(10, is_guided)) > 0
