"""Published Stylus vectors on both engines: totals, transactions, traces, verdicts."""

import json
from collections import Counter
from pathlib import Path

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


def test_vectors_that_do_not_fit_say_where(tmp_path: Path) -> None:
    folder = vectors_folder("stylus")
    for path in folder.iterdir():
        if path.name != "own":
            tmp_path.joinpath(path.name).symlink_to(path)
    tmp_path.joinpath("own").mkdir()
    for path in folder.joinpath("own").iterdir():
        tmp_path.joinpath("own", path.name).symlink_to(path)
    traces = json.loads(folder.joinpath("golden-own-traces.json").read_text())
    shorter, changed, no_list, *_ = (name for name in traces if traces[name]["steps"])
    count, others = (len(traces[name]["steps"]) for name in (shorter, no_list))
    traces[shorter]["steps"].pop()
    step = dict(traces[changed]["steps"][-1])
    traces[changed]["steps"][-1] = None
    traces[no_list]["steps"] = 5
    traces["unknown"] = {"steps": []}
    replace(tmp_path / "golden-own-traces.json", json.dumps(traces))
    rows = folder.joinpath("own", "verdicts.csv").read_text()
    replace(tmp_path / "own" / "verdicts.csv", rows.replace(",accept", ",reject", 1))

    pipeline = engine_with_schedule("stylus-1", "interpreter")
    failed = [
        result for result in run_stylus_tests(tmp_path, pipeline) if not result.passed
    ]
    told = {
        result.id: result.error
        for result in failed
        if result.file == "golden-own-traces.json"
    }
    last = len(traces[changed]["steps"]) - 1
    assert told == {
        shorter: f"{count} steps, expected {count - 1}",
        changed: f"step {last}: {json.dumps(step)}",
        no_list: f"{others} steps, expected 0",
        "unknown": "no such transaction",
    }
    (wrong,) = (result for result in failed if result.file == "own/verdicts.csv")
    assert wrong.error is not None
    assert wrong.error.startswith("accept, expected reject: ")


def replace(link: Path, text: str) -> None:
    link.unlink()
    link.write_text(text)
