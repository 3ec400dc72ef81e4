"""Times of alternatives, taken in turns, so that a busy machine hurts all alike."""

from collections.abc import Callable, Iterable, Mapping
from math import exp, log
from statistics import median
from time import thread_time


def interleaved_medians(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = thread_time,
) -> dict[str, float]:
    """The median of each one's time, in seconds.

    By default that is this thread's processor time: time that the machine gives to
    others isn't counted, nor is work in other threads.
    """
    measured = interleaved_times(works, rounds, clock)
    return {name: median(times) for name, times in measured.items()}


def interleaved_minima(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = thread_time,
) -> dict[str, float]:
    """The least of each one's time, in seconds: for short works on a busy machine."""
    measured = interleaved_times(works, rounds, clock)
    return {name: min(times) for name, times in measured.items()}


def interleaved_times(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float],
) -> dict[str, list[float]]:
    """All times of each one, in seconds, in the order of the rounds."""
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = clock()
            work()
            measured[name].append(clock() - start)
    return measured


def geometric_mean(ratios: Iterable[float]) -> float:
    logarithms = [log(ratio) for ratio in ratios]
    return exp(sum(logarithms) / len(logarithms))
