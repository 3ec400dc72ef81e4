"""Checks of a database in a directory."""

from pathlib import Path

import pytest

from chain_sim import Blockchain
from chain_sim.database.errors import DatabaseNotFound
from chain_sim.ethereum.maintenance.database_check import check_database


def nothing(*_: object) -> None:
    """No progress is shown."""


@pytest.mark.parametrize("count", [1, 2])
def test_blocks_are_in_the_order_of_their_numbers(tmp_path: Path, count: int) -> None:
    path = tmp_path / "chain"
    with Blockchain.open(path) as chain:
        chain.mine_blocks(count)
        chain.snapshot()
    found = check_database(path, False, nothing)
    assert [verdict.number for verdict in found.blocks] == [*range(count + 1)]
    assert found.whole_numbers == [*range(count + 1)]
    assert found.is_whole
    head = check_database(path, True, nothing)
    assert [verdict.number for verdict in head.blocks] == [count]


def test_files_are_told_as_they_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "chain"
    Blockchain.open(path).close()
    told: list[tuple[str, int, int | None]] = []
    found = check_database(path, False, lambda *step: told.append(step))
    names = [step for step in told if step[0] == "files"]
    assert names == [("files", n + 1, None) for n in range(len(found.files))]
    assert names


def test_no_chain_is_no_finding(tmp_path: Path) -> None:
    with pytest.raises(DatabaseNotFound):
        check_database(tmp_path / "none", False, nothing)
