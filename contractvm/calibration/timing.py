"""Least times of works that take turns until the measuring time is over.

Other load on the machine can only add time, so the least of many short runs is the
work's own; taking turns spreads a busy moment over all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter_ns

LEAST_ROUNDS = 5
MOST_ROUNDS = 400

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Timing:
    """Nanoseconds of a work: the least, and how far the median lies above it, in %."""

    least: float
    spread: float


def time_in_turns(
    works: Mapping[str, Callable[[], object]], seconds: float, report: Report
) -> dict[str, Timing]:
    """Time each work; `report` gets the share that is done, up to 1."""
    times: dict[str, list[int]] = {name: [] for name in works}
    start = monotonic()
    rounds = 0
    while rounds < MOST_ROUNDS:
        for name, work in works.items():
            before = perf_counter_ns()
            work()
            times[name].append(perf_counter_ns() - before)
        rounds += 1
        passed = monotonic() - start
        report(min(1.0, max(passed / seconds, rounds / MOST_ROUNDS)))
        if rounds >= LEAST_ROUNDS and passed >= seconds:
            break
    report(1.0)
    return {name: _timing(taken) for name, taken in times.items()}


def _timing(taken: list[int]) -> Timing:
    ordered = sorted(taken)
    least, middle = ordered[0], ordered[len(ordered) // 2]
    return Timing(float(least), 100 * (middle / least - 1))
