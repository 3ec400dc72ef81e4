"""Gas reports of every published state test: they add up, and change nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.placed_transaction import PlacedTransaction
from chain_sim.ethereum.execution.state_transition import (
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.gas_report.explanation import explain
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.state_tests.state_tests import (
    FORK,
    find_state_tests,
    read_block,
    read_state,
    read_transaction,
)
from contractvm.ledger.report import GasReport
from contractvm.runtime.pipeline import Pipeline
from tests.helpers.ewasm import HERA, METERED
from tests.helpers.explained import TRACED_HERA, TRACED_METERED
from tests.helpers.vectors import vectors_folder

FOLDER = "ewasm-state-tests"
PUBLISHED = 150
ENGINES = {
    "ewasm-hera": (HERA, TRACED_HERA),
    "ewasm-metered": (METERED, TRACED_METERED),
}


def run(
    test: dict[str, Any], engine: Pipeline, recorder: Recording | None = None
) -> tuple[TransactionResult, bytes]:
    post = test["post"][FORK.title][0]
    state = read_state(test["pre"], WorldState(MemoryDatabase()))
    tx, sender = read_transaction(test["transaction"], post["indexes"])
    placed = PlacedTransaction(tx, sender, read_block(test["env"]))
    result = apply_transaction(placed, state, engine, recorder)
    return result, state.compute_root()


def explained(path: Path, plain: Pipeline, traced: Pipeline) -> GasReport:
    (test,) = json.loads(path.read_bytes()).values()
    recording = Recording(traced.schedule, path.stem)
    expected = run(test, plain)
    assert run(test, traced, recording) == expected
    report = explain(recording)
    assert report.gas_used == expected[0].gas_used
    return report


@pytest.mark.parametrize("schedule", ENGINES)
def test_every_published_state_test_is_explained_to_the_unit(schedule: str) -> None:
    paths = find_state_tests([vectors_folder(FOLDER)])
    reports = {path.stem: explained(path, *ENGINES[schedule]) for path in paths}
    assert {
        name: report.remainder for name, report in reports.items()
    } == dict.fromkeys(reports, 0)
    assert len(reports) >= PUBLISHED


def test_the_deepest_of_them_is_a_chain_of_535_calls() -> None:
    (path,) = vectors_folder(FOLDER).rglob("callDepth.json")
    report = explained(path, *ENGINES["ewasm-hera"])
    depth, call = 0, report.call
    while call.calls:
        depth, call = depth + 1, call.calls[0]
    assert depth == 535
    assert report.gas_used == 395_984
