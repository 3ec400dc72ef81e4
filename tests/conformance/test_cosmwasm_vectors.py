"""Published figures of cosmwasm-vm, wasmvm and wasmd, and scenarios."""

import functools

import pytest

from chain_sim.cosmos.vectors.results import VectorFolder, VectorResult
from chain_sim.cosmos.vectors.runner import run_golden, run_vectors
from contractvm.hosts.cosmwasm.releases import (
    GROUPS,
    VM_OF_WASMVM,
    WASMVM_OF_WASMD,
    Version,
    version_text,
)
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


# Releases of which no figure is in the folder have values, too.


def contract_of(vm: Version) -> str:
    if vm < (2, 0, 0):
        return "cosmwasm.hackatom_1.2.wasm"
    return "cosmwasm.hackatom_1.3.wasm" if vm < (3, 0, 0) else "cosmwasm.hackatom.wasm"


def rows_of_all_releases() -> list[str]:
    rows = []
    for first, _ in GROUPS:
        name = f"cosmwasm-vm,v{version_text(first)},{contract_of(first)},-,-"
        rows += [f"{name},{step},0" for step in ("instantiate", "execute", "query")]
    for version, vm in VM_OF_WASMVM.items():
        name = (
            f"wasmvm,v{version_text(version)},{contract_of(vm)},vm={version_text(vm)},-"
        )
        rows += [f"{name},hackatom instantiate by creator,0"]
    for version in WASMVM_OF_WASMD:
        is_old = version < (0, 45, 0)
        code = "wasmd.hackatom.v0.33.0.wasm" if is_old else "wasmd.hackatom.wasm"
        if version == (0, 28, 0):
            code = "wasmd.hackatom.v0.28.0.wasm"
        name = f"wasmd,v{version_text(version)},{code},-,-"
        steps = "query recurse depth 0 work 0", "instantiate without funds"
        rows += [f"{name},{step},0" for step in (*steps, STEP_WITH_FUNDS)]
    return rows


STEP_WITH_FUNDS = "execute release with 5000denom"
HEADER = "layer,release,contract,parameters,environment,step,value"


def test_every_known_release_has_a_value_for_every_step() -> None:
    folder = VectorFolder(vectors_folder(FOLDER), make_engine("interpreter"))
    content = "\n".join([HEADER, *rows_of_all_releases(), ""]).encode()
    found = list(run_golden(folder, content))
    assert [(one.release, one.error) for one in found if one.error is not None] == []
    values = {(one.release, one.step): one.value for one in found}
    assert len(values) == 3 * len(GROUPS) + len(VM_OF_WASMVM) + 3 * len(WASMVM_OF_WASMD)
    # What the releases' notes say of two neighbours: debug reads a region of 15 bytes.
    step = "hackatom instantiate by creator"
    newer, older = values["wasmvm v1.5.9", step], values["wasmvm v1.5.8", step]
    assert isinstance(newer, int)
    assert isinstance(older, int)
    assert newer - older == 200_000 + 115 * 15
    one, other = (
        values["cosmwasm-vm v2.2.9", "query"],
        values["cosmwasm-vm v2.3.4", "query"],
    )
    assert one == other


@pytest.mark.parametrize(
    ("row", "step"),
    [
        ("wasmer,v1.0.0,cosmwasm.hackatom.wasm,-,-,execute", "wasmer execute"),
        ("cosmwasm-vm,v3.0.0,cosmwasm.hackatom.wasm,-,-,walk", "walk"),
        ("wasmvm,v3.0.2,cosmwasm.hackatom.wasm,vm=3.0.2,-,walk", "walk"),
        ("wasmd,v0.70.3,wasmd.reflect.wasm,-,-,walk", "walk"),
    ],
)
def test_a_step_that_nothing_computes_is_named(row: str, step: str) -> None:
    folder = VectorFolder(vectors_folder(FOLDER), make_engine("interpreter"))
    (found,) = run_golden(folder, f"{HEADER}\n{row},5\n".encode())
    assert (found.passed, found.value) == (False, None)
    assert found.error == f"no rule for the step {step!r}"
