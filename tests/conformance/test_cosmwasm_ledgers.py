"""The ledgers of the CosmWasm vectors: every instance and every step closes."""

import json

import pytest

from chain_sim.cosmos.vectors.results import VectorFolder
from chain_sim.cosmos.vectors.runner import (
    MAX_FILE_BYTES,
    SCENARIO_FILE,
    run_vectors,
)
from chain_sim.cosmos.vectors.scenarios import SCENARIOS
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.bounded_files import read_bounded
from tests.helpers.cosmos_ledgers import ExplainingInstances
from tests.helpers.vectors import vectors_folder

QUICK = ("micro_gas", "mock", "chain")


def check(found: ExplainingInstances) -> None:
    assert {report.remainder for report in found.reports} == {0}
    for meter in found.meters:
        assert meter.ledger.root.total_gas == meter.used


def test_the_parts_of_every_scenario_are_what_was_charged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = ExplainingInstances(monkeypatch)
    folder = VectorFolder(vectors_folder("cosmwasm"), InterpreterEngine())
    content = read_bounded(folder.folder / SCENARIO_FILE, MAX_FILE_BYTES)
    # The others call one contract tens of thousands of times.
    given = json.loads(content)
    results = [result for key in QUICK for result in SCENARIOS[key](folder, given[key])]
    assert [result.step for result in results if not result.passed] == []
    assert len(found.reports) > 50
    assert len(found.meters) > 50
    check(found)


@pytest.mark.slow
def test_the_parts_of_every_instance_and_step_are_what_was_charged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = ExplainingInstances(monkeypatch)
    results = list(run_vectors(vectors_folder("cosmwasm"), InterpreterEngine()))
    # The rows that `test_cosmwasm_vectors` names.
    assert sum(result.unreproduced is not None for result in results) == 4
    assert not any(result.failed for result in results)
    # Each figure of the first two layers has an instance of its own, or several.
    assert len(found.reports) > 1_000
    check(found)
