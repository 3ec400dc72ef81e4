"""Contracts without a fault: no oracle reports anything."""

import pytest

from benchmarks.fuzz_clean import SUBJECTS, run
from contract_fuzz.oracles.oracle_registry import ORACLES


def never() -> bool:
    return False


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBJECTS)
def test_clean_contract_gives_no_false_alarm(name: str) -> None:
    state = run(name, 20_000, never)
    assert state.case_count == 20_000
    assert state.findings == {}
    assert sum(map(bool, state.checks.values())) >= len(ORACLES) - 1
    assert state.checks["engine wasmtime"] > 150
