"""The crash test with few kills; `make crash` makes hundreds."""

from pathlib import Path

import pytest

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from tools.crash.child import WrongAfterCrash, check
from tools.crash.rounds import CrashTest


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


def test_a_switch_that_is_lost_is_noticed_and_a_branch_that_is_not_asked_for_is_not(
    tmp_path: Path,
) -> None:
    with LevelDatabase(tmp_path / "chain") as database:
        chain = Blockchain(database)
        chain.branches.create("half-forgotten")
        chain.branches.create("next")
        tip = chain.head.hash.hex()
        left: dict[str, object] = {"reported": {}, "branches": {"main": tip}}
        with pytest.raises(WrongAfterCrash) as fault:
            check(chain, database, left)
        assert str(fault.value) == "the chain is on branch main, which it had left"
        chain.branches.switch("next")
        check(chain, database, left)
