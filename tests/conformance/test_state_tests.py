"""ewasm's published state tests: state roots and log hashes, on each engine."""

import functools
from pathlib import Path

import pytest

from chain_sim.ethereum.state_tests.state_tests import (
    InvalidStateTest,
    StateTestEngines,
    StateTestResult,
    find_state_tests,
    run_state_test_file,
)
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.vectors import vectors_folder

FOLDER = "ewasm-state-tests"
PUBLISHED = 150

# Gas of some tests, from the table of the suite's reference run.
GAS = {
    "callDepth": 395_984,
    "callSenderBalanceExceeds128Bits": 7_000_000,
    "callValueExceedsBalance": 50_700,
    "callValueNonExistingAcct": 53_400,
    "createFromTransactionExceedGasLimit": 4_972_815,
    "selfDestruct": 13_001,
    "selfDestructNonExistingAcct": 27_000,
    "validateBytecodeEmptyInitIsInvalid": 82_601_190,
}


@functools.cache
def results(engine_name: str = "interpreter") -> dict[str, StateTestResult]:
    engines = StateTestEngines(engine_name)
    return {
        result.name: result
        for path in find_state_tests([vectors_folder(FOLDER)])
        for result in run_state_test_file(path, engines)
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_every_published_state_test_passes(engine: str) -> None:
    found = results(engine)
    assert {name: one.error for name, one in found.items() if not one.passed} == {}
    assert len(found) >= PUBLISHED


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "gas_used"), GAS.items())
def test_gas_used_is_that_of_the_reference_run(
    name: str, gas_used: int, engine: str
) -> None:
    assert results(engine)[name].gas_used == gas_used


def test_gas_used_is_the_same_on_each_engine() -> None:
    """The tests require roots, and a failure uses all gas; this requires exact gas."""
    here, there = results("interpreter"), results("wasmtime")
    assert {name: one.gas_used for name, one in here.items()} == {
        name: one.gas_used for name, one in there.items()
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "no tests in it"),
        ("{}", "no tests in it"),
        ('{"a": {}}', "'post' is missing"),
        ('{"a": {"post": {}}}', "'Byzantium' is missing"),
        ('{"a": 1}', "a: "),
    ],
)
def test_a_file_that_is_no_state_test_is_named(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path.joinpath("broken.json")
    path.write_text(content)
    with pytest.raises(InvalidStateTest) as caught:
        run_state_test_file(path, StateTestEngines())
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)


def test_a_wrong_root_is_a_failure_that_says_both(tmp_path: Path) -> None:
    source = vectors_folder(FOLDER).joinpath("useGas.json").read_text()
    good = results()["useGas"].state_root.hex()
    path = tmp_path.joinpath("useGas.json")
    path.write_text(source.replace(good, "00" * 32))
    (result,) = run_state_test_file(path, StateTestEngines())
    assert not result.passed
    assert result.error == f"state root is 0x{good}, expected 0x{'00' * 32}"
