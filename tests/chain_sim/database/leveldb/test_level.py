"""A database in a directory: what can be opened, and what outlives the process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import plyvel
import pytest

from chain_sim.database.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseNotFound,
    DatabasePathInvalid,
    DatabaseUnavailable,
    DatabaseVersionMismatch,
    ForeignDirectory,
)
from chain_sim.database.leveldb import level
from chain_sim.database.leveldb.file_errors import FileDamaged
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.meta_keys import FORMAT_KEY

OPEN_AND_WAIT = """
import sys
from chain_sim.database.leveldb.level import LevelDatabase
with LevelDatabase(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""

# Each batch has fifty entries with its number; a number on standard output says that
# its write_batch has returned.
WRITE_FOREVER = """
import sys
from itertools import count
from chain_sim.database.leveldb.level import LevelDatabase
with LevelDatabase(sys.argv[1]) as database:
    for number in count(int(sys.argv[2])):
        value = b"%d" % number
        database.write_batch({b"n%d" % index: value * 500 for index in range(50)})
        print(number, flush=True)
"""


def snapshot_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_entries_are_there_after_opening_again(tmp_path: Path) -> None:
    with LevelDatabase(tmp_path / "db") as database:
        database.write_batch({b"n1": b"value"})
    with LevelDatabase(tmp_path / "db", must_exist=True) as database:
        assert database.get(b"n1") == b"value"


def test_the_directory_is_created_with_those_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    LevelDatabase(path).close()
    assert path.is_dir()


def test_the_format_version_is_in_a_new_database(tmp_path: Path) -> None:
    with LevelDatabase(tmp_path / "db") as database:
        assert database.get(FORMAT_KEY) == b"3"


def test_a_missing_database_that_must_exist_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with pytest.raises(DatabaseNotFound) as caught:
        LevelDatabase(path, must_exist=True)
    assert str(caught.value) == f"database {path}: does not exist"
    assert not path.exists()


def test_an_empty_directory_is_not_made_a_database_that_must_exist(
    tmp_path: Path,
) -> None:
    with pytest.raises(DatabaseNotFound):
        LevelDatabase(tmp_path, must_exist=True)
    assert snapshot_of(tmp_path) == {}


def test_a_second_opening_in_the_same_process_is_locked_out(tmp_path: Path) -> None:
    with LevelDatabase(tmp_path) as database:
        with pytest.raises(DatabaseLocked):
            LevelDatabase(tmp_path)
        database.write_batch({b"n1": b"value"})
        assert database.get(b"n1") == b"value"


def test_the_lock_is_seen_from_within_the_directory_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with LevelDatabase("."), pytest.raises(DatabaseLocked):
        LevelDatabase(".")


def test_a_database_open_in_another_process_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "db"
    holder = subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(DatabaseLocked) as caught:
            LevelDatabase(path)
        holder.communicate(b"")
    assert caught.value.path == str(path)
    assert "already open in another process" in str(caught.value)
    LevelDatabase(path).close()


def test_a_file_is_no_database_and_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"precious")
    with pytest.raises(DatabasePathInvalid) as caught:
        LevelDatabase(path)
    assert str(caught.value) == f"database {path}: is not a directory"
    assert path.read_bytes() == b"precious"


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DatabasePathInvalid):
        LevelDatabase(tmp_path / "file" / "db")


def test_a_directory_that_cannot_be_created_is_named() -> None:
    path = Path("/proc/contractvm/db")
    with pytest.raises(DatabasePathInvalid) as caught:
        LevelDatabase(path)
    assert caught.value.path == str(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_directory_without_permission_is_named(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "db"
    LevelDatabase(path).close()
    path.chmod(mode)
    try:
        with pytest.raises(DatabaseUnavailable):
            LevelDatabase(path)
    finally:
        path.chmod(0o700)


def test_a_directory_with_other_things_is_refused_and_left_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "thesis.txt").write_bytes(b"precious")
    with pytest.raises(ForeignDirectory) as caught:
        LevelDatabase(tmp_path)
    assert "thesis.txt" in caught.value.reason
    assert snapshot_of(tmp_path) == {"thesis.txt": b"precious"}


def test_a_leveldb_of_another_program_is_refused_and_keeps_its_entries(
    tmp_path: Path,
) -> None:
    path = str(tmp_path)
    with plyvel.DB(path, create_if_missing=True) as other:
        other.put(b"key", b"value")
    with pytest.raises(ForeignDirectory):
        LevelDatabase(tmp_path)
    with plyvel.DB(path) as other:
        assert list(other.iterator()) == [(b"key", b"value")]


def test_a_leveldb_with_another_order_of_keys_is_refused(tmp_path: Path) -> None:
    options = {"comparator": lambda a, b: (a > b) - (a < b), "comparator_name": b"x"}
    plyvel.DB(str(tmp_path), create_if_missing=True, **options).close()
    with pytest.raises(ForeignDirectory):
        LevelDatabase(tmp_path)


@pytest.mark.parametrize("found", ["0", "4", "10", "", "\\xff"])
def test_another_format_version_is_refused(tmp_path: Path, found: str) -> None:
    version = b"\xff" if found == "\\xff" else found.encode()
    with LevelDatabase(tmp_path) as database:
        database.write_batch({FORMAT_KEY: version})
    with pytest.raises(DatabaseVersionMismatch) as caught:
        LevelDatabase(tmp_path)
    facts = caught.value.path, caught.value.found, caught.value.expected
    assert facts == (str(tmp_path), found, "3")


@pytest.mark.parametrize("found", [b"1", b"2"])
def test_an_older_format_version_is_migrated(tmp_path: Path, found: bytes) -> None:
    with LevelDatabase(tmp_path) as database:
        database.write_batch({FORMAT_KEY: found, b"n": b"kept"})
    for _ in range(2):
        with LevelDatabase(tmp_path, must_exist=True) as database:
            assert database.get(FORMAT_KEY) == b"3"
            assert database.get(b"n") == b"kept"


def test_after_a_refusal_the_directory_is_not_locked(tmp_path: Path) -> None:
    with LevelDatabase(tmp_path) as database:
        database.write_batch({FORMAT_KEY: b"4"})
    for _ in range(2):
        with pytest.raises(DatabaseVersionMismatch):
            LevelDatabase(tmp_path)


def test_a_database_killed_while_it_was_created_is_created_again(
    tmp_path: Path,
) -> None:
    for name in ("LOCK", "LOG", "LOG.old", "MANIFEST-000001", "000001.dbtmp"):
        (tmp_path / name).write_bytes(b"")
    with LevelDatabase(tmp_path) as database:
        assert database.get(FORMAT_KEY) == b"3"


def test_a_leveldb_without_entries_is_one_that_was_killed_at_creation(
    tmp_path: Path,
) -> None:
    plyvel.DB(str(tmp_path), create_if_missing=True).close()
    with pytest.raises(DatabaseNotFound):
        LevelDatabase(tmp_path, must_exist=True)
    with LevelDatabase(tmp_path) as database:
        assert database.get(FORMAT_KEY) == b"3"


def test_a_database_that_lost_its_current_file_is_not_started_afresh(
    tmp_path: Path,
) -> None:
    with LevelDatabase(tmp_path) as database:
        database.write_batch({b"n1": b"value"})
    (tmp_path / "CURRENT").unlink()
    before = snapshot_of(tmp_path)
    with pytest.raises(FileDamaged) as caught:
        LevelDatabase(tmp_path)
    assert (caught.value.file, caught.value.fault) == ("CURRENT", "is missing")
    assert snapshot_of(tmp_path) == before


def test_a_damaged_current_file_is_damage(tmp_path: Path) -> None:
    LevelDatabase(tmp_path).close()
    (tmp_path / "CURRENT").write_bytes(b"garbage\n")
    with pytest.raises(DatabaseDamaged):
        LevelDatabase(tmp_path)


def test_a_bit_turned_in_the_log_is_damage_and_not_silently_dropped(
    tmp_path: Path,
) -> None:
    with LevelDatabase(tmp_path) as database:
        database.write_batch({b"n1": b"precious" * 10})
        database.write_batch({b"n2": b"later" * 10})
    (log,) = tmp_path.glob("*.log")
    data = log.read_bytes()
    assert b"precious" in data
    log.write_bytes(data.replace(b"precious", b"preciouz", 1))
    with pytest.raises(DatabaseDamaged):
        LevelDatabase(tmp_path)


def test_a_killed_process_leaves_whole_batches_and_all_that_it_reported(
    tmp_path: Path,
) -> None:
    number = 0
    for round_number in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_FOREVER, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
        )
        with writer:
            assert writer.stdout is not None
            reported = int(writer.stdout.readline())
            time.sleep(0.02 * round_number)
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split(b"\n")
        reported = max([reported, *(int(line) for line in rest[:-1])])
        with LevelDatabase(tmp_path, must_exist=True) as database:
            values = {value for _, value in database.iterate(b"n")}
            count = len(list(database.iterate(b"n")))
        assert (len(values), count) == (1, 50)
        found = next(
            number
            for number in (reported, reported + 1)
            if b"%d" % number * 500 in values
        )
        number = found + 1


def test_what_vanishes_while_it_is_opened_anew_is_no_new_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "db"
    database = LevelDatabase(path)
    database.write_batch({b"n": b"1"})

    def grown(there: Path) -> int:
        for name in ("CURRENT", "LOG"):
            (there / name).unlink()
        return level.MAX_GROWN_BYTES + 1

    monkeypatch.setattr(level, "_grown_bytes", grown)
    with pytest.raises(FileDamaged) as caught:
        database.compact()
    assert (caught.value.file, caught.value.fault) == ("CURRENT", "is missing")
    assert not (path / "CURRENT").exists()
    database.close()


@pytest.mark.parametrize("is_over", [False, True])
def test_files_that_only_grow_are_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_over: bool
) -> None:
    path = tmp_path / "db"
    with LevelDatabase(path, write_buffer_bytes=1 << 16) as database:
        for number in range(40):
            value = b"%d" % number
            database.write_batch({b"n%d" % n: value * 500 for n in range(50)})
        size = path.joinpath("LOG").stat().st_size
        (manifest,) = path.glob("MANIFEST-*")
        size += manifest.stat().st_size
        monkeypatch.setattr(level, "MAX_GROWN_BYTES", 0 if is_over else 2 * size)
        database.compact()
        assert manifest.exists() == (not is_over)
        assert (path / "LOG.old").exists() == is_over
        with pytest.raises(DatabaseLocked):
            LevelDatabase(path)
        assert dict(database.iterate(b"n")) == {
            b"n%d" % n: b"39" * 500 for n in range(50)
        }
        database.write_batch({b"n0": b"after"})
    with LevelDatabase(path, must_exist=True) as database:
        assert database.get(b"n0") == b"after"
