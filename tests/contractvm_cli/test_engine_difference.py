"""A difference between engines: what is shown, and the file that reproduces it."""

import json
from pathlib import Path

import click
import pytest

from contractvm_cli.engine_difference import mark, report_difference, shown

RESULTS = {
    "interpreter": {"status": "success", "gas": 5, "error": None},
    "wasmtime": {"status": "success", "gas": 6, "error": None},
}


def report(
    path: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> tuple[str, str]:
    """What goes to the output and to the errors."""
    with click.Context(click.Command("run")) as context:
        context.params["as_json"] = as_json
        with pytest.raises(click.exceptions.Exit) as caught:
            report_difference(RESULTS, "gas differs", path, {"a": 1}, "run")
    assert caught.value.exit_code == 1
    found = capsys.readouterr()
    return found.out, found.err


def test_a_cell_without_a_value_is_a_dash_and_a_difference_is_marked() -> None:
    assert (shown(None), shown(0), shown("")) == ("-", 0, "")
    assert (mark(1, 1), mark(1, 2)) == ("", "differs")


def test_both_results_stand_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.json"
    out, err = report(path, capsys, as_json=False)
    assert err == (
        f"error: gas differs; see it again: contractvm run {path} --cross-check\n"
    )
    assert path.read_text() == '{\n  "a": 1\n}\n'
    rows = [line.split() for line in out.splitlines()]
    assert ["interpreter", "wasmtime"] in rows
    assert ["gas", "5", "6", "differs"] in rows
    assert ["error", "-", "-"] in rows


def test_for_programs_the_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.json"
    out, _ = report(path, capsys, as_json=True)
    assert json.loads(out) == {
        "difference": "gas differs",
        "results": RESULTS,
        "file": str(path),
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_that_cannot_be_written_hides_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    path = tmp_path / "missing" / "case.json"
    out, err = report(path, capsys, as_json=as_json)
    assert err.startswith("error: gas differs; its file: ")
    assert "no such file" in err.lower()
    if as_json:
        assert json.loads(out)["file"] is None
