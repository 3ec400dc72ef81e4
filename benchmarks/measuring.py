"""Times of alternatives, taken in turns, so that a busy machine hurts all alike."""

from collections.abc import Callable, Iterable, Mapping
from math import exp, log
from statistics import median
from time import thread_time


def interleaved_medians(
    works: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, float]:
    """The median of each one's processor time, in seconds.

    Time that the machine gives to others isn't counted, nor is work in other threads.
    """
    measured: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = thread_time()
            work()
            measured[name].append(thread_time() - start)
    return {name: median(times) for name, times in measured.items()}


def geometric_mean(ratios: Iterable[float]) -> float:
    logarithms = [log(ratio) for ratio in ratios]
    return exp(sum(logarithms) / len(logarithms))
