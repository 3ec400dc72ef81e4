"""What a check of a database's files says, in order."""

from pathlib import Path

import pytest

from chain_sim.database.leveldb.file_check import check_files
from chain_sim.database.leveldb.level import LevelDatabase
from tests.helpers.damage import log_fragment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed database whose entries are in one table."""
    with LevelDatabase(tmp_path) as database:
        database.write_batch({b"n1": b"value"})
        database.compact()
    return tmp_path


def faults(path: Path, *, is_thorough: bool = False) -> dict[str, list[str]]:
    return {
        report.name: [fault.reason for fault in report.faults]
        for report in check_files(path, is_thorough=is_thorough)
    }


def only(path: Path, pattern: str) -> Path:
    (found,) = path.glob(pattern)
    return found


def test_an_intact_database_has_no_faults(folder: Path) -> None:
    names = ["COMMITS", "CURRENT", "MANIFEST-*", "*.log", "*.ldb"]
    wanted: dict[str, list[str]] = {only(folder, name).name: [] for name in names}
    assert faults(folder) == faults(folder, is_thorough=True) == wanted
    sizes = {report.name: report.size_bytes for report in check_files(folder)}
    assert sizes == {name: folder.joinpath(name).stat().st_size for name in wanted}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MANIFEST-1", "does not name a MANIFEST"),
        (b"", "does not name a MANIFEST"),
        (None, "is missing"),
    ],
)
def test_nothing_is_checked_after_a_current_that_names_nothing(
    folder: Path, content: bytes | None, reason: str
) -> None:
    current = folder.joinpath("CURRENT")
    if content is None:
        current.unlink()
    else:
        current.write_bytes(content)
    assert faults(folder) == {"COMMITS": [], "CURRENT": [reason]}


@pytest.mark.parametrize("length", [11, 12])
def test_a_record_of_a_log_has_the_header_of_a_batch(folder: Path, length: int) -> None:
    log = only(folder, "*.log")
    log.write_bytes(log_fragment(1, bytes(length)))
    reasons = ["record is not a batch"] if length < 12 else []
    assert faults(folder)[log.name] == reasons


def test_a_gap_between_batches_is_a_fault(folder: Path) -> None:
    log = only(folder, "*.log")
    batch = (7).to_bytes(8, "little") + (2).to_bytes(4, "little")
    log.write_bytes(log_fragment(1, batch) * 2)
    reasons = ["batches before one in it are missing"]
    assert faults(folder)[log.name] == reasons


def test_a_table_that_is_gone_is_named(folder: Path) -> None:
    table = only(folder, "*.ldb")
    table.unlink()
    reports = {report.name: report for report in check_files(folder)}
    found = reports[table.name]
    (fault,) = found.faults
    assert (found.size_bytes, fault.reason) == (0, "is missing")


@pytest.mark.parametrize("added", [-3, 3])
@pytest.mark.parametrize("is_thorough", [False, True])
def test_a_table_of_another_size_is_named_once(
    folder: Path, added: int, is_thorough: bool
) -> None:
    table = only(folder, "*.ldb")
    data = table.read_bytes()
    table.write_bytes((data + bytes(3))[: len(data) + added])
    found = [
        report
        for report in check_files(folder, is_thorough=is_thorough)
        if report.name == table.name
    ]
    (report,) = found
    (fault,) = report.faults
    size = len(data) + added
    assert report.size_bytes == size
    assert fault.reason == f"has {size} bytes, not {len(data)}"
    assert fault.offset == min(size, len(data))
