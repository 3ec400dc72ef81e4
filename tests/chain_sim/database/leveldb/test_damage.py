"""Files with flipped bits, truncated or missing: the right result or an error."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.leveldb.file_check import check_files
from chain_sim.database.leveldb.file_errors import BatchesLost, FileDamaged
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.leveldb.log_format import read_log
from tests.helpers.damage import (
    Sample,
    flipped,
    is_refused,
    log_fragment,
    make_sample,
    wrong_answers,
)

FLIPS_PER_LARGE_FILE = 60


@pytest.fixture(scope="module")
def sample() -> Iterator[Sample]:
    """In memory if there is room, as each opening waits for the disk."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield make_sample(Path(folder) / "db")


def only(sample: Sample, pattern: str) -> Path:
    (file,) = sample.path.glob(pattern)
    return file


def bits_to_turn(size: int, seed: int) -> list[int]:
    """All bits of a small file; of a large one some of each region, and its end."""
    if size <= 400:
        return list(range(size * 8))
    chance = random.Random(seed)
    step = size * 8 // FLIPS_PER_LARGE_FILE
    spread = [start + chance.randrange(step) for start in range(0, size * 8, step)]
    return [bit for bit in spread if bit < size * 8] + list(
        range((size - 48) * 8, size * 8, 5)
    )


def test_the_undamaged_sample_answers_right(sample: Sample) -> None:
    path = sample.damaged("CURRENT", lambda data: data)
    assert wrong_answers(path, sample.entries) == []
    assert not is_refused(path)
    names = {file.suffix or file.name for file in sample.files()}
    assert names == {".ldb", ".log", "COMMITS", "CURRENT"} | {
        only(sample, "MANIFEST-*").name
    }
    assert len(list(sample.path.glob("*.ldb"))) >= 3


def test_a_turned_bit_anywhere_gives_no_wrong_answer(sample: Sample) -> None:
    for number, file in enumerate(sample.files()):
        for bit in bits_to_turn(file.stat().st_size, number):
            path = sample.damaged(file.name, lambda data, bit=bit: flipped(data, bit))
            wrong = wrong_answers(path, sample.entries)
            assert wrong == [], f"{file.name} bit {bit}"


@pytest.mark.slow
def test_a_turned_bit_in_any_byte_gives_no_wrong_answer(sample: Sample) -> None:
    for file in sample.files()[-4:]:
        for byte in range(0, file.stat().st_size, 7):
            bit = byte * 8 + byte % 8
            path = sample.damaged(file.name, lambda data, bit=bit: flipped(data, bit))
            wrong = wrong_answers(path, sample.entries)
            assert wrong == [], f"{file.name} bit {bit}"


@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "*.log"])
def test_a_turned_bit_in_a_file_that_opening_reads_is_refused(
    sample: Sample, pattern: str
) -> None:
    file = only(sample, pattern)
    for bit in bits_to_turn(file.stat().st_size, 1):
        path = sample.damaged(file.name, lambda data, bit=bit: flipped(data, bit))
        assert is_refused(path), bit


def test_a_manifest_whose_last_length_grew_is_not_taken_for_an_older_one(
    sample: Sample,
) -> None:
    """LevelDB drops such a record as unfinished, and deletes the tables it names."""
    manifest = only(sample, "MANIFEST-*")
    size = manifest.stat().st_size
    refusals = 0
    for byte in range(size - 70, size):
        path = sample.damaged(
            manifest.name, lambda data, byte=byte: flipped(data, byte * 8 + 6)
        )
        with pytest.raises(FileDamaged) as caught:
            LevelDatabase(path)
        refusals += caught.value.fault == "length of a record is wrong"
        assert len(list(path.glob("*.ldb"))) == len(list(sample.path.glob("*.ldb")))
    assert refusals >= 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [(b"\x08", "record is not an edit"), (b"\xff" * 11, "record is not an edit")],
)
def test_a_record_that_is_no_edit_is_named(
    sample: Sample, record: bytes, reason: str
) -> None:
    manifest = only(sample, "MANIFEST-*")
    path = sample.damaged(manifest.name, lambda data: data + log_fragment(1, record))
    (report,) = [
        found for found in check_files(path, is_thorough=False) if found.faults
    ]
    assert report.name == manifest.name
    assert [fault.reason for fault in report.faults] == [reason]
    assert is_refused(path)


def test_files_cut_short_give_no_wrong_answer(sample: Sample) -> None:
    for file in sample.files():
        size = file.stat().st_size
        lengths = range(size) if size <= 400 else range(0, size, size // 40)
        for length in lengths:
            path = sample.damaged(file.name, lambda data, end=length: data[:end])
            wrong = wrong_answers(path, sample.entries)
            assert wrong == [], f"{file.name} cut to {length}"


def test_a_log_cut_short_lacks_batches_that_were_written(sample: Sample) -> None:
    log = only(sample, "*.log")
    path = sample.damaged(log.name, lambda data: data[:-1])
    for _ in range(2):  # LevelDB has made a table of the rest in between
        with pytest.raises(BatchesLost) as caught:
            LevelDatabase(path)
        assert (caught.value.found, caught.value.written) == (45, 46)
        assert "1 of 46 written batches" in str(caught.value)


def with_two_logs(sample: Sample) -> tuple[Path, Path, Path]:
    """As left by a process that ends before LevelDB made a table of the older log."""
    older = only(sample, "*.log")
    records = read_log(older.read_bytes()).records
    first, *others = [log_fragment(1, record) for record in records]
    path = sample.damaged(older.name, lambda _: first)
    newer = path / f"{int(older.stem) + 1:06}.log"
    newer.write_bytes(b"".join(others))
    return path, path / older.name, newer


def test_two_logs_are_read_one_after_the_other(sample: Sample) -> None:
    path, _, _ = with_two_logs(sample)
    assert wrong_answers(path, sample.entries) == []
    assert not is_refused(path)


def test_the_older_of_two_logs_may_not_be_cut_short(sample: Sample) -> None:
    """Its batches are not the newest: the count of batches would not show it."""
    size = with_two_logs(sample)[1].stat().st_size
    for length in (1, 6, 7, 100, size - 1):
        path, older, newer = with_two_logs(sample)
        older.write_bytes(older.read_bytes()[:length])
        assert is_refused(path), length
        with pytest.raises(FileDamaged) as caught:
            LevelDatabase(path)
        facts = caught.value.file, caught.value.fault
        assert facts == (newer.name, "batches before one in it are missing")


@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "*.log"])
def test_a_file_that_is_gone_is_named(sample: Sample, pattern: str) -> None:
    file = only(sample, pattern)
    path = sample.damaged(file.name, lambda data: data)
    (path / file.name).unlink()
    with pytest.raises(FileDamaged) as caught:
        LevelDatabase(path)
    assert file.name in str(caught.value)


def test_a_table_that_is_gone_or_has_another_size_is_named(sample: Sample) -> None:
    table = sorted(sample.path.glob("*.ldb"))[0]
    size = table.stat().st_size
    path = sample.damaged(table.name, lambda data: data + b"x")
    with pytest.raises(FileDamaged) as caught:
        LevelDatabase(path)
    fault = f"has {size + 1} bytes, not {size}"
    assert (caught.value.file, caught.value.fault) == (table.name, fault)
    (path / table.name).unlink()
    with pytest.raises(FileDamaged) as caught:
        LevelDatabase(path)
    assert (caught.value.file, caught.value.fault) == (table.name, "is missing")


def test_nothing_is_changed_by_a_refusal(sample: Sample) -> None:
    log = only(sample, "*.log")
    path = sample.damaged(log.name, lambda data: flipped(data, 1000))
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    with pytest.raises(FileDamaged):
        LevelDatabase(path)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


def test_the_end_of_a_log_that_was_never_reported_is_dropped(sample: Sample) -> None:
    """As left by a process that was killed while writing a batch."""
    path = sample.damaged("COMMITS", lambda data: data)
    with LevelDatabase(path) as database:
        database.write_batch({b"n-new": b"value" * 50})
    (newer,) = path.glob("*.log")
    (path / "COMMITS").write_bytes((sample.path / "COMMITS").read_bytes())
    newer.write_bytes(newer.read_bytes()[:-3])
    with LevelDatabase(path) as database:
        assert database.get(b"n-new") is None
        assert dict(database.iterate(b"n")).items() <= sample.entries.items()


def test_a_thorough_check_says_which_entries_a_damaged_block_holds(
    sample: Sample,
) -> None:
    table = sorted(sample.path.glob("*.ldb"))[1]
    path = sample.damaged(table.name, lambda data: flipped(data, 8 * 9000))
    assert [report for report in check_files(path) if report.faults] == []
    (report,) = (
        report for report in check_files(path, is_thorough=True) if report.faults
    )
    assert report.name == table.name
    (fault,) = report.faults
    assert fault.reason == "checksum of a block is wrong"
    assert fault.first is not None
    assert fault.last is not None
    lost = []
    with LevelDatabase(path) as database:
        for key in sorted(sample.entries):
            try:
                database.get(key)
            except DatabaseDamaged:
                lost.append(key)
    assert lost
    assert all(fault.first <= key <= fault.last for key in lost)


def test_a_thorough_check_finds_a_turned_bit_anywhere_in_a_table(
    sample: Sample,
) -> None:
    table = sorted(sample.path.glob("*.ldb"))[0]
    size = table.stat().st_size
    unseen = []
    for bit in bits_to_turn(size, 3):
        path = sample.damaged(table.name, lambda data, bit=bit: flipped(data, bit))
        if not any(report.faults for report in check_files(path, is_thorough=True)):
            unseen.append(size - bit // 8)
    # The footer is padded with bytes that are not read.
    assert all(8 < distance <= 48 for distance in unseen)
