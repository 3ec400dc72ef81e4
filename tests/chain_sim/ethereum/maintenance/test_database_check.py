"""Checks of a database in a directory."""

from pathlib import Path

import pytest

from chain_sim import Blockchain
from chain_sim.database.errors import DatabaseNotFound
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.maintenance.database_check import check_database
from chain_sim.ethereum.primitives import database_keys as keys


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


def test_a_wrong_preimage_is_found_unless_the_head_alone_is_asked_for(
    tmp_path: Path,
) -> None:
    Blockchain.open(tmp_path).close()
    with LevelDatabase(tmp_path) as database:
        database.write_batch({keys.PREIMAGE + b"\x05" * 32: b"other"})
    found = check_database(tmp_path, False, nothing)
    assert (found.wrong_preimages, found.is_whole) == ((b"\x05" * 32,), False)
    head = check_database(tmp_path, True, nothing)
    assert (head.wrong_preimages, head.is_whole) == ((), True)


def test_a_database_that_does_not_open_is_refused_and_its_files_are_told(
    tmp_path: Path,
) -> None:
    Blockchain.open(tmp_path).close()
    (log,) = tmp_path.glob("*.log")
    data = bytearray(log.read_bytes())
    data[20] ^= 1
    log.write_bytes(data)
    found = check_database(tmp_path, False, nothing)
    assert [report.name for report in found.damaged_files] == [log.name]
    assert (found.blocks, found.entry_count, found.is_whole) == ((), 0, False)
    assert found.refusal is not None
    assert log.name in found.refusal


def test_a_database_without_a_block_has_no_chain(tmp_path: Path) -> None:
    LevelDatabase(tmp_path).close()
    with pytest.raises(DatabaseNotFound) as caught:
        check_database(tmp_path, False, nothing)
    assert caught.value.path == str(tmp_path)


def test_a_directory_without_a_current_file_has_no_files_to_check(
    tmp_path: Path,
) -> None:
    told: list[object] = []
    (tmp_path / "LOG").write_bytes(b"")
    with pytest.raises(DatabaseNotFound):
        check_database(tmp_path, False, lambda *step: told.append(step))
    assert told == []
