"""Published Stylus vectors on both engines: totals, transactions, traces, verdicts."""

from collections import Counter

import pytest

from chain_sim.ethereum.execution.engine_choice import engine_with_schedule
from chain_sim.ethereum.stylus_tests.runner import run_stylus_tests
from tests.helpers.vectors import vectors_folder

# Passed and without an expectation, by file.
EXPECTED = {
    "golden.csv": (138, 29),
    "golden-own.csv": (241, 122),
    "golden-own-traces.json": (166, 0),
    "golden-own-activation.csv": (23, 0),
    "own/verdicts.csv": (30, 0),
}


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_every_row_with_an_expectation_passes(engine: str) -> None:
    folder = vectors_folder("stylus")
    pipeline = engine_with_schedule("stylus-1", engine)
    results = list(run_stylus_tests(folder, pipeline))
    assert [(result.id, result.error) for result in results if not result.passed] == [
        (result.id, result.error) for result in results if result.passed is None
    ]
    passed = Counter(result.file for result in results if result.passed)
    unjudged = Counter(result.file for result in results if result.passed is None)
    assert {name: (passed[name], unjudged[name]) for name in EXPECTED} == EXPECTED
    assert len(results) == sum(sum(counts) for counts in EXPECTED.values())
