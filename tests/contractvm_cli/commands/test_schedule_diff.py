"""`contractvm schedule diff`."""

from collections.abc import Callable
from pathlib import Path

from gas_schedule.loader import SCHEDULES_FOLDER
from tests.contractvm_cli.conftest import Run

METERED = SCHEDULES_FOLDER / "ewasm-metered.toml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = METERED.read_text()
    assert text.count(old) == 1
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new))
    return path


def test_a_changed_number_has_its_exact_ratio(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, '"i32.add" = 45 ', '"i32.add" = 100 ')
    document = run("schedule", "diff", "ewasm-metered", path, "--json").document
    assert document["differences"] == [
        {
            "section": "instructions",
            "key": "i32.add",
            "kind": "changed",
            "old": 45,
            "new": 100,
            "ratio": "2.222",
        }
    ]


def test_a_removed_instruction_is_removed_and_seen_from_behind_added(
    run: Run, tmp_path: Path
) -> None:
    path = changed(tmp_path, '"i32.ctz" = 4_725 ', "# ")
    forward = run("schedule", "diff", METERED, path, "--json").document
    back = run("schedule", "diff", path, METERED, "--json").document
    kinds = [
        (entry["key"], entry["kind"], entry["ratio"])
        for document in (forward, back)
        for entry in document["differences"]
    ]
    assert kinds == [("i32.ctz", "removed", None), ("i32.ctz", "added", None)]


def test_a_ratio_to_zero_is_none(run: Run) -> None:
    document = run("schedule", "diff", "ewasm-hera", "ewasm-metered", "--json").document
    by_key = {entry["key"]: entry for entry in document["differences"]}
    assert by_key["i32.add"]["ratio"] is None
    assert by_key["units_per_gas"]["ratio"] == "10000.000"
    assert by_key["memory.copy"]["kind"] == "added"


def test_every_table_names_its_unit(run: Run) -> None:
    out = run("schedule", "diff", "contractvm-1", "ewasm-metered").out
    titles = [line.split("  ")[0] for line in out.splitlines() if " ratio" in line]
    assert titles == [
        "schedule, units",
        "instructions, units",
        "host, gas",
    ]


def test_identical_files_say_so(run: Run) -> None:
    found = run("schedule", "diff", "ewasm-hera", "ewasm-hera", "--exit-code")
    assert found.code == 0
    assert found.out.splitlines()[-1] == "result  identical files"


def test_other_comments_are_no_difference(run: Run, tmp_path: Path) -> None:
    path = changed(tmp_path, "# Bulk memory and tables", "# Bulk")
    found = run("schedule", "diff", METERED, path, "--exit-code")
    assert found.code == 0
    assert found.out.splitlines()[-1] == "result  no number differs"


def test_exit_code_tells_a_difference(run: Run) -> None:
    found = run("schedule", "diff", "ewasm-hera", "ewasm-metered")
    assert (found.code, "128 numbers differ" in found.out) == (0, True)
    asked = run("schedule", "diff", "ewasm-hera", "ewasm-metered", "--exit-code")
    assert (asked.code, asked.out) == (1, found.out)


def test_an_unknown_name_is_an_error(error_of: Callable[..., str]) -> None:
    assert "no gas schedule named 'x'" in error_of("schedule", "diff", "x", METERED)
