"""Measures of how well gas follows time: R-squared and the spread of ns per gas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, median, pstdev


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well gas follows time.

    `r_squared` is that of time as a multiple of gas over the programs as they were run;
    `at_equal_time` the same with each program stretched to the same time, measured from
    zero, so that no long program dominates. `spread` is the greatest ns per gas divided
    by the least, `deviation` the standard deviation of its logarithm.
    """

    r_squared: float
    at_equal_time: float
    spread: float
    deviation: float
    nanoseconds_per_gas: float


def judge(points: Mapping[str, tuple[float, float]]) -> Judgement:
    """`points` are (gas, nanoseconds) by program."""
    gas = [point[0] for point in points.values()]
    times = [point[1] for point in points.values()]
    rates = [time / cost for cost, time in points.values()]
    return Judgement(
        r_squared(gas, times),
        1 - _misfit([1 / rate for rate in rates]),
        max(rates) / min(rates),
        pstdev([log(rate) for rate in rates]),
        median(rates),
    )


def r_squared(gas: Sequence[float], times: Sequence[float]) -> float:
    """The share of the times' variance that one price per gas explains."""
    slope = _slope(gas, times)
    middle = fmean(times)
    missed = sum(
        (time - slope * cost) ** 2 for cost, time in zip(gas, times, strict=True)
    )
    return 1 - missed / sum((time - middle) ** 2 for time in times)


def relative_rates(points: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Each program's ns per gas, divided by their geometric mean."""
    rates = {name: time / cost for name, (cost, time) in points.items()}
    mean = exp(fmean(log(rate) for rate in rates.values()))
    return {name: rate / mean for name, rate in rates.items()}


def _slope(gas: Sequence[float], times: Sequence[float]) -> float:
    products = sum(cost * time for cost, time in zip(gas, times, strict=True))
    return products / sum(cost * cost for cost in gas)


def _misfit(gas: Sequence[float]) -> float:
    """The mean squared error of one price if every time is 1."""
    slope = _slope(gas, [1.0] * len(gas))
    return fmean((1 - slope * cost) ** 2 for cost in gas)
