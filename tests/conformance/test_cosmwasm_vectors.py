"""Published figures of cosmwasm-vm, wasmvm and wasmd, and scenarios."""

import functools

import pytest

from chain_sim.cosmos.vectors.results import VectorResult
from chain_sim.cosmos.vectors.runner import run_vectors
from contractvm.runtime.engine_selection import ENGINES, make_engine
from tests.helpers.vectors import vectors_folder

FOLDER = "cosmwasm"
# Figures that the file itself calls not reproduced: stores of SDK 0.45, and IBC.
UNREACHED = {
    ("wasmd v0.28.0", "instantiate without funds"),
    ("wasmd v0.28.0", "execute release with 5000denom"),
    ("wasmd v0.70.3", "same, async: nil ack, packet stored"),
    ("wasmd v0.70.3", "same with reply always (discount 2000 + storage 3101)"),
}

on_each_engine = pytest.mark.parametrize(
    "engine", ["interpreter", pytest.param("wasmtime", marks=pytest.mark.slow)]
)


@functools.cache
def results(engine: str) -> tuple[VectorResult, ...]:
    return tuple(run_vectors(vectors_folder(FOLDER), make_engine(engine)))


@on_each_engine
def test_every_row_is_equal_but_those_that_are_named(engine: str) -> None:
    found = results(engine)
    assert [result.step for result in found if result.failed] == []
    apart = {(result.release, result.step) for result in found if result.unreproduced}
    assert apart == UNREACHED


@on_each_engine
def test_every_kind_of_row_is_there(engine: str) -> None:
    kinds = {
        result.step.partition(":")[0]
        for result in results(engine)
        if result.file == "scenarios.json"
    }
    assert kinds == {
        "static_rules",
        "micro_gas",
        "mock",
        "chain",
        "addresses",
        "floaty",
    }
    assert sum(result.file == "golden.csv" for result in results(engine)) == 685


@pytest.mark.slow
def test_both_engines_give_the_same_values() -> None:
    first, second = (
        [(row.row, row.value) for row in results(engine)] for engine in ENGINES
    )
    assert first == second
