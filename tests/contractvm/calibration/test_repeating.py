"""Several calibrations as one: the median of each figure, the least of each time."""

from dataclasses import replace
from pathlib import Path

import pytest

from contractvm.calibration import repeating
from contractvm.calibration.fitting import ClassCost
from contractvm.calibration.measuring import MeasuredProgram, Measurements
from contractvm.calibration.repeating import measure_repeatedly, medians
from contractvm.calibration.schedule_text import schedule_text
from contractvm.calibration.timing import Timing
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.loader import load_schedule, parse_schedule
from tests.contractvm.calibration.test_prices import measurements

BASE = load_schedule("ewasm-metered")


def measured(nanoseconds: float, least: float, spread: float) -> Measurements:
    found = measurements(nanoseconds)
    low_and_high = ClassCost(nanoseconds, nanoseconds - 1, nanoseconds + 10)
    return replace(
        found,
        classes=dict.fromkeys(found.classes, low_and_high),
        spreads=dict.fromkeys(found.spreads, spread),
        workloads=(MeasuredProgram("loop", {"br_if": 7}, Timing(least, spread)),),
    )


def test_each_figure_is_the_median_and_each_time_the_least() -> None:
    together = medians(
        [measured(9.0, 50.0, 1.0), measured(2.0, 70.0, 2.0), measured(3.0, 40.0, 9.0)]
    )
    assert set(together.classes.values()) == {ClassCost(3.0, 2.0, 13.0)}
    assert set(together.spreads.values()) == {2.0}
    assert together.pieces["data.drop"] == 3.0
    assert [program.timing for program in together.workloads] == [Timing(40.0, 9.0)]
    assert (together.seed, together.repeats) == (0, 3)


def test_one_measurement_stays_as_it_is() -> None:
    found = measured(9.0, 50.0, 1.0)
    assert medians([found]) == found


def test_time_is_shared_among_seeds_that_follow_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[float, int]] = []
    steps: list[tuple[str, float]] = []

    def measure(engine, base, seconds, seed, progress):  # type: ignore[no-untyped-def]
        asked.append((seconds, seed))
        progress("timing", 0.5)
        return replace(measured(float(seed), 1.0, 1.0), seed=seed)

    monkeypatch.setattr(repeating, "measure", measure)
    found = measure_repeatedly(
        InterpreterEngine(), BASE, 90, range(4, 7), lambda *step: steps.append(step)
    )
    assert asked == [(30, 4), (30, 5), (30, 6)]
    assert steps == [
        ("timing (1 of 3)", 0.5),
        ("timing (2 of 3)", 0.5),
        ("timing (3 of 3)", 0.5),
    ]
    text = schedule_text(found, BASE, "mine", "a machine")
    assert "medians over seeds 4 to 6" in text.splitlines()[0]
    schedule = parse_schedule(text.encode(), Path("mine.toml"))
    assert schedule.instructions["i32.add"].base == 500
