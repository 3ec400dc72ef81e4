"""The fit from programs' times and counts to nanoseconds for each class.

Non-negative least squares of relative errors: a program that takes long counts no more
than a short one. Each class is held close to its assumed cost (`classes.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from contractvm.calibration.classes import CLASS_OF, CLASSES
from contractvm.calibration.counting import CARRIED_VALUE, LOCAL, Counts

# The weight of the assumed price of a class, compared with one program.
WEIGHT_OF_SUPPOSED = 0.3
RESAMPLINGS = 20
SUPPOSED_LOCAL = 0.1
SUPPOSED_CARRIED_VALUE = 0.5


@dataclass(frozen=True, slots=True)
class KernelTime:
    """A program: its counts, its time in ns, and its weight in the fit."""

    counts: Counts
    nanoseconds: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ClassCost:
    """Nanoseconds of a class, and the range of four of five resamplings."""

    nanoseconds: float
    low: float
    high: float


NAMES = (*(entry.name for entry in CLASSES), LOCAL, CARRIED_VALUE)
SUPPOSED = (
    *(entry.supposed for entry in CLASSES),
    SUPPOSED_LOCAL,
    SUPPOSED_CARRIED_VALUE,
)


def fit_costs(
    observations: Sequence[KernelTime], speed: float, seed: int
) -> dict[str, ClassCost]:
    """The cost of each class.

    `speed` is how many times slower than assumed this machine and engine are.
    """
    import numpy  # noqa: PLC0415 (an extra, and slow)

    random = numpy.random.default_rng(seed)
    prices = _solve(observations, speed)
    count = len(observations)
    resampled = [
        _solve([observations[i] for i in random.integers(0, count, count)], speed)
        for _ in range(RESAMPLINGS)
    ]
    costs = {}
    for place, name in enumerate(NAMES):
        tenths = quantiles([sample[place] for sample in resampled], n=10)
        costs[name] = ClassCost(prices[place], tenths[0], tenths[-1])
    return costs


def supposed_nanoseconds(counts: Counts) -> float:
    """The time of a program if each class took its assumed cost."""
    return sum(
        amount * supposed
        for amount, supposed in zip(class_counts(counts), SUPPOSED, strict=True)
    )


def class_counts(counts: Counts) -> list[int]:
    """How often each class is executed, in the order of NAMES."""
    found = dict.fromkeys(NAMES, 0)
    for mnemonic, count in counts.items():
        found[CLASS_OF.get(mnemonic, mnemonic)] += count
    return list(found.values())


def _solve(observations: Sequence[KernelTime], speed: float) -> list[float]:
    import numpy  # noqa: PLC0415 (an extra, and slow)
    from scipy import optimize  # noqa: PLC0415

    rows: list[list[float]] = []
    goals: list[float] = []
    for seen in observations:
        share = seen.weight / seen.nanoseconds
        rows.append([count * share for count in class_counts(seen.counts)])
        goals.append(seen.weight)
    for place, supposed in enumerate(SUPPOSED):
        row = [0.0] * len(NAMES)
        row[place] = WEIGHT_OF_SUPPOSED / (supposed * speed)
        rows.append(row)
        goals.append(WEIGHT_OF_SUPPOSED)
    solution: Any = optimize.nnls(numpy.array(rows), numpy.array(goals))[0]
    return [float(price) for price in solution]
