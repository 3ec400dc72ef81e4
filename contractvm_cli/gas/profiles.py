"""Gas stacks in other programs' formats: folded lines, speedscope."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chain_sim.ethereum.gas_report.report_stacks import Path, StackFrame
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import GasReport
from contractvm_cli.failures import on_one_line

SPEEDSCOPE_SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def folded_text(stacks: Mapping[Path, int]) -> str:
    """One `outermost;...;innermost units` a line, sorted.

    What was given back has a negative number, so the lines add up to the gas used;
    most drawing programs skip such lines.
    """
    lines = (
        f"{';'.join(folded_name(frame) for frame in path)} {units}"
        for path, units in stacks.items()
    )
    return "".join(f"{line}\n" for line in sorted(lines))


def folded_name(frame: StackFrame) -> str:
    """A name without the characters that separate names and lines."""
    return on_one_line(frame.name).replace(";", ":")


def speedscope_text(report: GasReport, stacks: Mapping[Path, int]) -> str:
    """A document for speedscope: a profile of what was charged.

    A profile has no negative weights, so what was given back is a second one.
    """
    numbers: dict[StackFrame, int] = {}
    for path in stacks:
        for frame in path:
            numbers.setdefault(frame, len(numbers))
    profiles = [
        _profile(name, list(part), numbers) for name, part in _profiles(report, stacks)
    ]
    document = {
        "$schema": SPEEDSCOPE_SCHEMA,
        "exporter": "contractvm",
        "name": f"{report.title}: {report.gas_used} gas, schedule {report.schedule}"
        f" {format_data(report.schedule_hash)}",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": frame.name} for frame in numbers]},
        "profiles": profiles,
    }
    return json.dumps(document, indent=1) + "\n"


def _profiles(
    report: GasReport, stacks: Mapping[Path, int]
) -> Iterator[tuple[str, Iterable[tuple[Path, int]]]]:
    unit = "gas" if report.units_per_gas == 1 else f"1/{report.units_per_gas} gas"
    charged = [(path, units) for path, units in stacks.items() if units > 0]
    given_back = [(path, -units) for path, units in stacks.items() if units < 0]
    yield f"charged, in {unit}", charged
    if given_back:
        yield f"given back, in {unit}", given_back


def _profile(
    name: str, stacks: list[tuple[Path, int]], numbers: Mapping[StackFrame, int]
) -> dict[str, Any]:
    # Stacks that share callers are adjacent, so that a viewer joins them.
    rows = sorted(([numbers[frame] for frame in path], units) for path, units in stacks)
    return {
        "type": "sampled",
        "name": name,
        "unit": "none",
        "startValue": 0,
        "endValue": sum(units for _, units in rows),
        "samples": [sample for sample, _ in rows],
        "weights": [units for _, units in rows],
    }
