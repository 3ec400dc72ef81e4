"""The fit from times to classes: closed forms where one program stands for a class."""

import pytest

from contractvm.calibration import measuring
from contractvm.calibration.classes import CLASSES
from contractvm.calibration.counting import CARRIED_VALUE, LOCAL
from contractvm.calibration.fitting import (
    NAMES,
    SUPPOSED,
    ClassCost,
    KernelTime,
    class_counts,
    fit_costs,
    supposed_nanoseconds,
)
from contractvm.calibration.measuring import MeasuredProgram, fit_classes
from contractvm.calibration.timing import Timing

FIRST = CLASSES[0]
ONE = FIRST.mnemonics[0]


def test_locals_and_carried_values_are_classes_of_their_own() -> None:
    assert NAMES[-2:] == (LOCAL, CARRIED_VALUE)
    assert SUPPOSED[-2:] == (0.1, 0.5)
    assert SUPPOSED[:-2] == tuple(entry.supposed for entry in CLASSES)


def test_instructions_count_for_their_class() -> None:
    first, last = CLASSES[0].mnemonics, CLASSES[-1].mnemonics
    counts = {first[0]: 3, first[-1]: 4, last[0]: 5, LOCAL: 6, CARRIED_VALUE: 7}
    found = class_counts(counts)
    assert len(found) == len(NAMES)
    assert (found[0], found[-3:], sum(found)) == (7, [5, 6, 7], 25)
    assert supposed_nanoseconds(counts) == pytest.approx(
        7 * CLASSES[0].supposed + 5 * CLASSES[-1].supposed + 6 * 0.1 + 7 * 0.5
    )


def test_classes_of_no_program_take_the_assumed_time_at_the_machines_speed() -> None:
    found = fit_costs([KernelTime({ONE: 10}, 30 * FIRST.supposed)], 3.0, seed=1)
    assert list(found) == list(NAMES)
    for name, supposed in zip(NAMES, SUPPOSED, strict=True):
        assert found[name].nanoseconds == pytest.approx(3 * supposed)
        assert found[name].low == pytest.approx(3 * supposed)
        assert found[name].high == pytest.approx(3 * supposed)


@pytest.mark.parametrize("weight", [1.0, 0.6])
def test_a_class_lies_between_the_assumed_time_and_the_measured_one(
    weight: float,
) -> None:
    # 100 took 500 ns, so 5 ns each; 2 are assumed. Squares of the relative errors.
    speed = 2 / FIRST.supposed
    (measured, assumed) = ((weight / 5) ** 2, (0.3 / 2) ** 2)
    least = (measured * 5 + assumed * 2) / (measured + assumed)
    seen = KernelTime({ONE: 100}, 500.0, weight)
    found = fit_costs([seen], speed, seed=1)[FIRST.name]
    assert found.nanoseconds == pytest.approx(least)
    assert 2 < found.nanoseconds < 5


def test_resampling_shows_how_far_the_programs_differ() -> None:
    seen = [KernelTime({ONE: 100}, 100.0 * time) for time in range(1, 9)]
    found = fit_costs(seen, 1.0, seed=5)[FIRST.name]
    assert found.low < found.nanoseconds < found.high
    assert fit_costs(seen, 1.0, seed=5)[FIRST.name] == found
    other = fit_costs(seen, 1.0, seed=6)[FIRST.name]
    assert other.nanoseconds == found.nanoseconds
    assert (other.low, other.high) != (found.low, found.high)


def test_programs_that_people_wrote_weigh_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[KernelTime], float, int]] = []

    def note(seen: list[KernelTime], speed: float, seed: int) -> dict[str, ClassCost]:
        asked.append((seen, speed, seed))
        return {}

    monkeypatch.setattr(measuring, "fit_costs", note)
    programs = [
        MeasuredProgram(str(times), {ONE: 1}, Timing(times * FIRST.supposed, 1.0))
        for times in (9, 2, 4)
    ]
    assert fit_classes(programs, 1, 77) == {}
    ((seen, speed, seed),) = asked
    assert [kernel.weight for kernel in seen] == [1.0, 0.6, 0.6]
    assert [kernel.nanoseconds for kernel in seen] == [
        times * FIRST.supposed for times in (9, 2, 4)
    ]
    # The middle one of 2, 4 and 9 times as long as assumed.
    assert (speed, seed) == (pytest.approx(4), 77)
