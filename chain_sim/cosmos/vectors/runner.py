"""Runs a folder of vectors: published figures, and scenarios."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chain_sim.cosmos.vectors.errors import MalformedVectors, UnknownStep
from chain_sim.cosmos.vectors.results import GoldenRow, VectorFolder, VectorResult
from chain_sim.cosmos.vectors.scenarios import SCENARIOS
from chain_sim.cosmos.vectors.vm_figures import VmFigures
from chain_sim.cosmos.vectors.wasmd_figures import WasmdFigures
from chain_sim.cosmos.vectors.wasmvm_figures import WasmvmFigures
from contractvm.errors import ContractVmError
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json
from contractvm.wasm.engines.interface import Engine
from gas_schedule.bounded_files import read_bounded

GOLDEN = "golden.csv"
SCENARIO_FILE = "scenarios.json"
MAX_FILE_BYTES = 64 * 1024 * 1024
COLUMNS = (
    *("layer", "release", "contract", "parameters", "environment", "step"),
    "value",
)
LAYERS: dict[str, Callable[[VectorFolder, GoldenRow], Any]] = {
    "cosmwasm-vm": VmFigures,
    "wasmvm": WasmvmFigures,
    "wasmd": WasmdFigures,
}
RANGE = ".."
REPRODUCED = "reproduced_by_prototype"
# How rows begin to say that their figure follows from no known rule.
UNREPRODUCED = ("no", "not tried")


def run_vectors(folder: Path, engine: Engine) -> Iterator[VectorResult]:
    """The results of all rows of a folder's files, in their order.

    Raises MalformedVectors for a folder or file of another form.
    """
    made = VectorFolder(folder, engine)
    golden, scenarios = folder.joinpath(GOLDEN), folder.joinpath(SCENARIO_FILE)
    if not golden.is_file() and not scenarios.is_file():
        raise MalformedVectors(f"{folder} has neither {GOLDEN} nor {SCENARIO_FILE}")
    if golden.is_file():
        yield from run_golden(made, read_bounded(golden, MAX_FILE_BYTES))
    if scenarios.is_file():
        yield from run_scenarios(made, read_bounded(scenarios, MAX_FILE_BYTES))


def run_golden(folder: VectorFolder, content: bytes) -> Iterator[VectorResult]:
    """The results of a file of published figures."""
    for row in read_golden(content):
        value: object = None
        error = None
        try:
            make = LAYERS.get(row.layer)
            if make is None:
                raise UnknownStep(f"{row.layer} {row.step}")
            value = make(folder, row).value(row.step)
        except ContractVmError as failure:
            error = str(failure)
        passed = error is None and _agrees(value, row.value)
        is_known = passed or not row.reproduced.startswith(UNREPRODUCED)
        yield VectorResult(
            file=GOLDEN,
            row=row.number,
            release=f"{row.layer} {row.release}",
            step=row.step,
            passed=passed,
            value=value,
            expected=int(row.value) if row.value.isdecimal() else row.value,
            error=error,
            unreproduced=None if is_known else row.reproduced,
        )


def read_golden(content: bytes) -> Iterator[GoldenRow]:
    """The rows of a file of published figures; raises MalformedVectors."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode(), newline=""))
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise MalformedVectors(f"{GOLDEN} has no column {sorted(missing)[0]}")
        for record in reader:
            cells = {name: record[name] or "" for name in COLUMNS}
            known = record.get(REPRODUCED) or "yes"
            yield GoldenRow(number=reader.line_num, reproduced=known, **cells)
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedVectors(f"{GOLDEN}: {error}") from error


def run_scenarios(folder: VectorFolder, content: bytes) -> Iterator[VectorResult]:
    """The results of a file of scenarios."""
    try:
        parsed = parse_json(content)
    except MalformedJson as error:
        raise MalformedVectors(f"{SCENARIO_FILE}: {error}") from error
    if not isinstance(parsed, dict):
        raise MalformedVectors(f"{SCENARIO_FILE} is no object")
    for key, run in SCENARIOS.items():
        if key in parsed:
            try:
                yield from run(folder, parsed[key])
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise MalformedVectors(f"{SCENARIO_FILE}, {key}: {error!r}") from error


def _agrees(value: object, expected: str) -> bool:
    """Whether a value is the figure, or in the range of figures."""
    if RANGE not in expected:
        return str(value) == expected
    least, most = (int(part) for part in expected.split(RANGE))
    return isinstance(value, int) and least <= value <= most
