"""Repeated calibrations: medians, so that no single moment decides a price."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from contractvm.calibration.fitting import ClassCost
from contractvm.calibration.measuring import (
    MeasuredProgram,
    Measurements,
    Progress,
    measure,
)
from contractvm.wasm.engines.interface import Engine
from gas_schedule.schedule import GasSchedule


def measure_repeatedly(
    engine: Engine,
    base: GasSchedule,
    seconds: float,
    seeds: Sequence[int],
    progress: Progress,
) -> Measurements:
    """The medians over one measurement for each seed; `seconds` are for all of them."""
    share = seconds / len(seeds)
    return medians(
        [
            measure(engine, base, share, seed, _named(progress, place, len(seeds)))
            for place, seed in enumerate(seeds, start=1)
        ]
    )


def medians(several: Sequence[Measurements]) -> Measurements:
    """The median of each figure, but the least of a workload's times."""
    first = several[0]
    return replace(
        first,
        classes={
            name: ClassCost(
                median(found.classes[name].nanoseconds for found in several),
                median(found.classes[name].low for found in several),
                median(found.classes[name].high for found in several),
            )
            for name in first.classes
        },
        pieces=_medians([found.pieces for found in several]),
        hosts=_medians([found.hosts for found in several]),
        spreads=_medians([found.spreads for found in several]),
        workloads=tuple(
            _quickest([found.workloads[place] for found in several])
            for place in range(len(first.workloads))
        ),
        repeats=len(several),
    )


def _medians(several: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: median(found[name] for found in several) for name in several[0]}


def _quickest(several: Sequence[MeasuredProgram]) -> MeasuredProgram:
    return min(several, key=lambda program: program.timing.least)


def _named(progress: Progress, place: int, count: int) -> Progress:
    def named(step: str, share: float) -> None:
        progress(step if count == 1 else f"{step} ({place} of {count})", share)

    return named
