"""`contractvm schedule calibrate`: its options, and one short measurement."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE
from contractvm_cli.commands import schedule_calibrate
from gas_schedule.loader import load_schedule
from tests.contractvm_cli.conftest import Run


def test_a_missing_package_is_told_in_one_line(
    error_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule_calibrate, "find_spec", lambda _name: None)
    assert error_of("schedule", "calibrate") == (
        "error: numpy is missing: pip install 'contractvm-wasm[calibrate]'"
    )


def test_an_interface_without_timed_calls_is_named(
    error_of: Callable[..., str],
) -> None:
    options = ("--schedule", DEFAULT_SCHEDULE, "-o", "x.toml")
    line = error_of("schedule", "calibrate", *options)
    assert line.endswith(":8: interface: no function of wasi can be timed")


def test_what_cannot_be_written_is_refused_before_measuring(
    error_of: Callable[..., str],
) -> None:
    line = error_of("schedule", "calibrate", "-o", "absent/x.toml")
    assert line == "error: absent: no such directory"
    line = error_of("schedule", "calibrate", "-o", "x.json", code=2)
    assert "must end in .toml" in line
    line = error_of("schedule", "calibrate", "--plot", "x.pdf", code=2)
    assert "must end in .png or .svg" in line


@pytest.mark.slow
def test_a_calibration_writes_a_schedule_and_a_picture(
    run: Run, tmp_path: Path
) -> None:
    for package in ("numpy", "scipy", "matplotlib"):
        pytest.importorskip(package)
    path, picture = tmp_path / "mine.toml", tmp_path / "mine.svg"
    options = ("--seconds", 1, "--name", "mine", "-o", path, "--plot", picture)
    document = run("schedule", "calibrate", *options, "--json").document
    schedule = load_schedule(str(path))
    assert schedule.name == "mine"
    assert min(cost.base for cost in schedule.instructions.values()) >= 1
    assert len(document["workloads"]) == 36
    assert set(document["schedules"]) == {"ewasm-metered", "mine"}
    assert picture.read_text().startswith("<?xml")
