"""`--contract-coverage`: the same counts alone and with workers; other numbers stay."""

from pathlib import Path

import pytest

from contract_testing.coverage.counts import read_counts
from tests.contract_testing.plugin.conftest import Run

pytest_plugins = "pytester"

TESTS = """
def test_increment(counter):
    counter.increment()

def test_get(counter):
    assert counter.get.call() == 1
"""


@pytest.fixture
def folder(project: pytest.Pytester) -> Path:
    project.makepyfile(test_a=TESTS)
    return project.path


def test_workers_add_up_to_the_same(folder: Path, run: Run) -> None:
    counted = []
    for options in ([], ["-n", "2", "--dist", "loadfile"]):
        result = run("--contract-coverage", *options)
        assert result.ret == 0
        result.stdout.fnmatch_lines(
            [
                "*coverage of contracts*",
                "counter.wat  20/22 90.9%  5/8 62.5%  2/2 100.0%  23, 37",
                "wrote lcov.info",
            ]
        )
        counts, faults = read_counts([folder / ".contractvm" / "coverage"])
        assert faults == []
        counted.append(counts)
    assert counted[0] == counted[1]


def test_gas_files_do_not_change(folder: Path, run: Run) -> None:
    run("--gas-snapshot")
    alone = (folder / ".gas-snapshot").read_bytes()
    run("--gas-snapshot", "--contract-coverage", "--contract-coverage-file", "x.info")
    assert (folder / ".gas-snapshot").read_bytes() == alone
    lines = (folder / "x.info").read_text().splitlines()
    assert lines[:3] == ["TN:", "SF:counter.wat", "FN:22,main"]
    assert not (folder / "lcov.info").exists()
