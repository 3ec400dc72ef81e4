"""Runs of all published vectors of a folder: one result for each row."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain_sim.ethereum.stylus_tests.own_activations import run_own_activations
from chain_sim.ethereum.stylus_tests.own_transactions import (
    OwnRow,
    run_own_transactions,
)
from chain_sim.ethereum.stylus_tests.published import run_published
from chain_sim.ethereum.stylus_tests.vector_files import (
    InvalidStylusVectors,
    read_module,
    read_rows,
    read_text,
)
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import LAST_ARBOS, VERSION_2, parameters_of
from contractvm.nesting import check_json_nesting
from contractvm.runtime.pipeline import Pipeline

PUBLISHED, OWN = "golden.csv", "golden-own.csv"
TRACES, ACTIVATIONS = "golden-own-traces.json", "golden-own-activation.csv"
VERDICTS = "own/verdicts.csv"
NO_EXPECTATION = "no expectation: it was run for the rows after it"
UNTIL_VERSION_2 = "accept for 1 and 2"


@dataclass(frozen=True, slots=True)
class StylusTestResult:
    """The result of one row.

    `passed` is None where nothing is expected, or nothing can be run; `error` says why,
    or what differed. Gas is after the refund; what a row has not is None.
    """

    file: str
    row: int
    id: str
    passed: bool | None
    gas_used: int | None = None
    surcharge_gas: int | None = None
    status: str | None = None
    output: bytes | None = None
    error: str | None = None


def run_stylus_tests(folder: Path, engine: Pipeline) -> Iterator[StylusTestResult]:
    """The results of all rows, file by file.

    Raises InvalidStylusVectors for a folder that is not one of these vectors.
    """
    for number, row in enumerate(run_published(folder, engine), start=1):
        passed = None if row.found is None else row.difference is None
        error = row.difference or row.reason or None
        yield StylusTestResult(PUBLISHED, number, row.id, passed, error=error)
    traces = _read_traces(folder)
    traced: dict[str, StylusTestResult] = {}
    for number, own in enumerate(run_own_transactions(folder, engine), start=1):
        yield _own_result(number, own)
        if own.case in traces:
            wanted = traces[own.case].get("steps")
            traced[own.case] = _trace_result(len(traced) + 1, own, wanted)
    for number, case in enumerate(traces, start=1):
        missing = StylusTestResult(
            TRACES, number, case, passed=False, error="no such transaction"
        )
        yield traced.get(case, missing)
    for number, found in enumerate(run_own_activations(folder, engine), start=1):
        difference = found.difference
        yield StylusTestResult(
            ACTIVATIONS, number, found.module, difference is None, error=difference
        )
    yield from _verdicts(folder)


def _own_result(number: int, own: OwnRow) -> StylusTestResult:
    outcome, difference = own.outcome, own.difference
    is_given = own.expected is not None
    return StylusTestResult(
        OWN,
        number,
        own.case,
        difference is None if is_given else None,
        outcome.gas_used,
        outcome.surcharge,
        outcome.status,
        outcome.output,
        difference if is_given else NO_EXPECTATION,
    )


def _read_traces(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder.joinpath(TRACES)
    try:
        text = read_text(path)
        check_json_nesting(text)
        found = json.loads(text)
    except ValueError as error:
        raise InvalidStylusVectors(path, None, "not JSON") from error
    if not isinstance(found, dict) or not all(
        isinstance(trace, dict) for trace in found.values()
    ):
        raise InvalidStylusVectors(path, None, "not traces by transaction")
    return found


def _trace_result(number: int, own: OwnRow, wanted: Any) -> StylusTestResult:
    found = [step.document() for step in own.outcome.steps]
    error = None
    if not isinstance(wanted, list) or len(wanted) != len(found):
        count = len(wanted) if isinstance(wanted, list) else 0
        error = f"{len(found)} steps, expected {count}"
    for index, step in enumerate(found):
        if error is None and step != wanted[index]:
            error = f"step {index}: {json.dumps(step)}"
    return StylusTestResult(TRACES, number, own.case, error is None, error=error)


def _verdicts(folder: Path) -> Iterator[StylusTestResult]:
    for row in read_rows(folder.joinpath(VERDICTS)):
        wasm = read_module(folder.joinpath("own", f"{row['module']}.wasm"))
        verdict, reason = _verdict(wasm, LAST_ARBOS)
        wanted = "accept" if row["verdict"] == "accept" else "reject"
        error = None
        if verdict != wanted:
            error = f"{verdict}, expected {wanted}: {reason}"
        elif UNTIL_VERSION_2 in row["verdict"]:
            older, _ = _verdict(wasm, VERSION_2)
            error = None if older == "accept" else "not accepted by version 2"
        yield StylusTestResult(
            VERDICTS,
            row.row,
            row["module"],
            error is None,
            status=verdict,
            error=error,
        )


def _verdict(wasm: bytes, arbos: int) -> tuple[str, str]:
    try:
        check_program(wasm, TYPES, parameters_of(arbos))
    except (MalformedModule, InvalidModule) as reason:
        return "reject", str(reason)
    return "accept", ""
