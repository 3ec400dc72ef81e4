"""`contractvm stylustest`: lines, summary, exit code, faulty folders."""

import json
import shutil
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.vectors import vectors_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy with few rows: all of a file's own need is there."""
    source, target = vectors_folder("stylus"), tmp_path / "stylus"
    shutil.copytree(source, target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755)
    for name, rows in (
        ("golden.csv", 3),
        ("golden-own.csv", 3),
        ("golden-own-activation.csv", 1),
        ("own/verdicts.csv", 2),
    ):
        lines = (target / name).read_text().splitlines(keepends=True)
        (target / name).write_text("".join(lines[: rows + 1]))
    (target / "golden-own-traces.json").write_text("{}")
    return target


def test_each_row_is_a_line_of_json_and_the_summary_is_on_stderr(
    run: Run, folder: Path
) -> None:
    outcome = run("stylustest", folder, "--json")
    assert outcome.code == 0
    assert outcome.err == "8 passed, 0 failed, 1 without an expectation\n"
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [(line["file"], line["row"], line["pass"]) for line in lines] == [
        ("golden.csv", 1, True),
        ("golden.csv", 2, True),
        ("golden.csv", 3, True),
        ("golden-own.csv", 1, True),
        ("golden-own.csv", 2, None),
        ("golden-own.csv", 3, True),
        ("golden-own-activation.csv", 1, True),
        ("own/verdicts.csv", 1, True),
        ("own/verdicts.csv", 2, True),
    ]
    assert lines[5] == {
        "file": "golden-own.csv",
        "row": 3,
        "id": "arbos61/counter increment 1 to 2",
        "pass": True,
        "gasUsed": 35_365,
        "surchargeGas": 9_277,
        "status": "success",
        "output": "",
        "error": None,
    }


def test_a_row_that_differs_fails_and_says_where(run: Run, folder: Path) -> None:
    path = folder / "golden-own.csv"
    path.write_text(path.read_text().replace("35365,0,35365", "35365,0,35366"))
    outcome = run("stylustest", folder)
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "FAILED golden-own.csv row 3 arbos61/counter increment 1 to 2:"
        " gas_used: 35365, expected 35366",
        "7 passed, 1 failed, 1 without an expectation",
    ]


def test_a_trace_is_compared_step_by_step(run: Run, folder: Path) -> None:
    name = "golden-own-traces.json"
    traces = json.loads((vectors_folder("stylus") / name).read_text())
    case = "arbos61/counter number, fresh"
    kept = {case: traces[case]}
    (folder / name).write_text(json.dumps(kept))
    assert run("stylustest", folder).code == 0
    kept[case]["steps"][2]["endInk"] += 1
    (folder / name).write_text(json.dumps(kept))
    outcome = run("stylustest", folder)
    assert outcome.code == 1
    assert f"FAILED {name} row 1 {case}: step 2: " in outcome.out
    (folder / name).write_text('{"nobody": {"steps": []}}')
    outcome = run("stylustest", folder)
    assert f"FAILED {name} row 1 nobody: no such transaction" in outcome.out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("golden.csv", None, "No such file or directory"),
        ("golden-own.csv", "case,arbos\nx,61\n", "row 1: no column stylus_version"),
        ("golden-own-traces.json", "[", "not JSON"),
        ("golden-own-traces.json", "[]", "not traces by transaction"),
        (
            "own/verdicts.csv",
            "module,verdict\nnone,accept\n",
            "none.wasm: No such file",
        ),
    ],
)
def test_faulty_folders_are_refused_in_a_line(
    run: Run, folder: Path, name: str, content: str | None, message: str
) -> None:
    path = folder / name
    path.unlink() if content is None else path.write_text(content)
    outcome = run("stylustest", folder)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


def test_numbers_that_are_none_are_refused(run: Run, folder: Path) -> None:
    path = folder / "golden-own.csv"
    path.write_text(path.read_text().replace(",1000000,", ",1e6,"))
    outcome = run("stylustest", folder)
    assert outcome.code == 1
    assert "row 1: gas_limit is '1e6', not a number" in outcome.err
