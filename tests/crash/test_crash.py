"""The crash test with few kills; `make crash` makes hundreds."""

from pathlib import Path

import pytest

from tests.crash.rounds import CrashTest


@pytest.mark.slow
def test_nothing_that_was_reported_is_lost_by_a_kill(tmp_path: Path) -> None:
    test = CrashTest(tmp_path / "chain", seed=3)
    for _ in range(15):
        assert test.round() is None
    assert test.last_check() is None
    assert test.tally.kills == 15
    assert test.tally.blocks > 15


@pytest.mark.slow
def test_a_block_that_is_lost_is_noticed(tmp_path: Path) -> None:
    test = CrashTest(tmp_path / "chain", seed=4)
    test.forge_report(1_000_000, "00" * 32)
    fault = test.round() or test.round() or test.last_check()
    assert fault is not None
    assert "reported 1000000" in fault


@pytest.mark.slow
def test_a_branch_that_is_lost_is_noticed(tmp_path: Path) -> None:
    test = CrashTest(tmp_path / "chain", seed=5)
    test.forge_branch("gone", "00" * 32)
    fault = test.round() or test.round() or test.last_check()
    assert fault is not None
    assert "branch gone is at None" in fault
