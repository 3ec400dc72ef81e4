"""What LevelDB is told, and what becomes of its errors."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import plyvel
import pytest

from chain_sim.database.errors import (
    DatabaseClosed,
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseNotWritable,
    DatabasePathInvalid,
    DatabaseVersionMismatch,
    DatabaseWriteFailed,
    DiskFull,
    ForeignDirectory,
    LevelDbMissing,
    NoSpaceToOpen,
)
from chain_sim.database.leveldb import level
from chain_sim.database.leveldb.file_errors import FileDamaged
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.meta_keys import BATCH_COUNT_KEY, FORMAT_KEY
from contractvm.errors import InternalError

NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
NOT_ALLOWED = OSError(errno.EACCES, os.strerror(errno.EACCES))


class FakeBatch:
    """Notes what is to be written, or fails."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
        self.steps: list[tuple[str, bytes, bytes]] = []

    def put(self, key: bytes, value: bytes) -> None:
        self.steps.append(("put", key, value))

    def delete(self, key: bytes) -> None:
        self.steps.append(("delete", key, b""))

    def write(self) -> None:
        if self.fault is not None:
            raise self.fault


class FakeDb:
    """LevelDB's handle, each use of which fails."""

    closed = False

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
        self.batches: list[FakeBatch] = []
        self.options: list[dict[str, object]] = []

    def fail(self, *_: object, **options: object) -> Any:
        self.options.append(options)
        if self.fault is not None:
            raise self.fault
        return None

    get = iterator = compact_range = fail

    def write_batch(self, **options: object) -> FakeBatch:
        self.options.append(options)
        self.batches.append(FakeBatch(self.fault))
        return self.batches[-1]

    def close(self) -> None:
        pass


@pytest.fixture
def database(tmp_path: Path) -> Iterator[LevelDatabase]:
    with LevelDatabase(tmp_path / "db") as found:
        whole = found._db
        yield found
        found._db = whole


USES: list[tuple[Callable[[LevelDatabase], object], bytes]] = [
    (lambda database: database.get(b"n1"), b"n1"),
    (lambda database: database.iterate(b"n"), b"n"),
    (lambda database: database.compact(), b""),
]


@pytest.mark.parametrize(("use", "key"), USES)
def test_damage_that_leveldb_meets_names_the_key(
    database: LevelDatabase, use: Callable[[LevelDatabase], object], key: bytes
) -> None:
    database._db = FakeDb(plyvel.CorruptionError(b"bad block \xff"))
    with pytest.raises(DatabaseDamaged) as caught:
        use(database)
    assert (caught.value.key, caught.value.reason) == (key, "bad block \\xff")


@pytest.mark.parametrize(("use", "key"), USES)
def test_another_error_of_a_database_that_is_open_is_a_bug(
    database: LevelDatabase, use: Callable[[LevelDatabase], object], key: bytes
) -> None:
    database._db = FakeDb(RuntimeError("odd"))
    with pytest.raises(InternalError) as caught:
        use(database)
    assert type(caught.value) is InternalError
    assert str(caught.value) == f"database {database.path}: odd"


def test_entries_that_end_in_damage_name_the_prefix(database: LevelDatabase) -> None:
    def entries() -> Iterator[tuple[bytes, bytes]]:
        yield b"n1", b"1"
        raise plyvel.CorruptionError("torn")

    found = database._checked_entries(b"n", entries())
    assert next(found) == (b"n1", b"1")
    with pytest.raises(DatabaseDamaged) as caught:
        next(found)
    assert (caught.value.key, caught.value.reason) == (b"n", "torn")


@pytest.mark.parametrize("use", [use for use, _ in USES])
def test_a_closed_database_is_named_as_such(
    tmp_path: Path, use: Callable[[LevelDatabase], object]
) -> None:
    database = LevelDatabase(tmp_path)
    database.close()
    with pytest.raises(DatabaseClosed):
        use(database)
    with pytest.raises(DatabaseClosed):
        database.write_batch({b"n": b"1"})


def test_all_that_is_read_is_checked(database: LevelDatabase) -> None:
    fake = FakeDb(None)
    database._db = fake
    assert database.get(b"n") is None
    database.iterate(b"n")
    assert fake.options == [
        {"verify_checksums": True},
        {"prefix": b"n", "verify_checksums": True},
    ]


def test_a_batch_is_synced_and_counts_itself(database: LevelDatabase) -> None:
    assert database.get(BATCH_COUNT_KEY) == (1).to_bytes(8, "big")
    fake = FakeDb(None)
    database._db = fake
    database.write_batch({b"a": b"1", b"b": b"2"}, [b"c", b"a"])
    database.write_batch({})
    assert fake.options == [{"sync": True}] * 2
    assert [batch.steps for batch in fake.batches] == [
        [
            ("delete", b"c", b""),
            ("delete", b"a", b""),
            ("put", b"a", b"1"),
            ("put", b"b", b"2"),
            ("put", BATCH_COUNT_KEY, (2).to_bytes(8, "big")),
        ],
        [("put", BATCH_COUNT_KEY, (3).to_bytes(8, "big"))],
    ]
    assert database._mark.read() == 3


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (os.strerror(errno.EIO), DatabaseWriteFailed),
        (os.strerror(errno.ENOSPC), DiskFull),
    ],
)
def test_after_a_batch_that_failed_none_is_written(
    database: LevelDatabase, reason: str, kind: type[DatabaseWriteFailed]
) -> None:
    whole = database._db
    database._db = FakeDb(plyvel.IOError(reason.encode()))
    with pytest.raises(DatabaseWriteFailed) as caught:
        database.write_batch({b"n": b"1"})
    assert type(caught.value) is kind
    assert (caught.value.path, caught.value.reason) == (str(database.path), reason)
    database._db = whole
    with pytest.raises(DatabaseWriteFailed) as caught:
        database.write_batch({b"n": b"1"})
    assert type(caught.value) is DatabaseWriteFailed
    assert caught.value.reason == f"an earlier one failed ({reason}); open it again"
    assert database.get(b"n") is None
    assert database._mark.read() == 1


def test_an_odd_error_while_writing_is_a_bug_and_no_count(
    database: LevelDatabase,
) -> None:
    whole = database._db
    database._db = FakeDb(RuntimeError("odd"))
    with pytest.raises(InternalError) as caught:
        database.write_batch({b"n": b"1"})
    assert str(caught.value) == f"database {database.path}: odd"
    database._db = whole
    database.write_batch({b"n": b"1"})
    assert database.get(BATCH_COUNT_KEY) == (2).to_bytes(8, "big")


def test_what_is_opened_anew_has_grown_beyond_a_quarter_of_a_mebibyte(
    database: LevelDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size, is_new in ((262_144, False), (262_145, True)):
        before = database._db
        monkeypatch.setattr(level, "_grown_bytes", lambda _, size=size: size)
        database.compact()
        assert (database._db is not before) == is_new
        assert before.closed == is_new


def test_what_failed_is_not_opened_anew(
    database: LevelDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level, "_grown_bytes", lambda _: 1 << 30)
    before = database._db
    database._failure = "disk"
    database.compact()
    assert database._db is before


def test_the_files_that_grow_are_the_log_of_leveldb_and_its_lists_of_tables(
    tmp_path: Path,
) -> None:
    names = ("LOG", "MANIFEST-000002", "LOG.old", "000003.log", "MANIFEST-", "CURRENT")
    for power, name in enumerate(names):
        (tmp_path / name).write_bytes(bytes(10**power))
    assert level._grown_bytes(tmp_path) == 11


def test_leveldb_is_told_how_large_its_parts_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[tuple[object, ...], dict[str, object]]] = []
    open_db = plyvel.DB

    def noted(*arguments: object, **options: object) -> Any:
        told.append((arguments, options))
        return open_db(*arguments, **options)

    monkeypatch.setattr(plyvel, "DB", noted)
    path = tmp_path / "db"
    LevelDatabase(path).close()
    LevelDatabase(path, write_buffer_bytes=1 << 17).close()
    LevelDatabase(path, read_only=True, write_buffer_bytes=1 << 17).close()
    same = {
        "paranoid_checks": True,
        "bloom_filter_bits": 10,
        "block_size": 1_024,
        "max_file_size": 16_777_216,
    }
    assert [options for _, options in told] == [
        {**same, "create_if_missing": True, "write_buffer_size": None},
        {**same, "create_if_missing": False, "write_buffer_size": 1 << 17},
        {**same, "create_if_missing": False, "write_buffer_size": None},
    ]
    assert [arguments for arguments, _ in told[:2]] == [(str(path),)] * 2
    assert told[2][0] != (str(path),)


def opened_with(
    fault: Exception, path: Path, monkeypatch: pytest.MonkeyPatch, **options: bool
) -> Exception:
    """What opening raises where LevelDB's own opening fails so."""

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(plyvel, "DB", fail)
    with pytest.raises(Exception, match="database") as caught:
        LevelDatabase(path, **options)
    monkeypatch.undo()
    return caught.value


def test_why_leveldb_does_not_open_is_told_by_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kind_of(fault: Exception) -> tuple[type[Exception], str]:
        found = opened_with(fault, tmp_path, monkeypatch)
        return type(found), getattr(found, "reason", "")

    lock = f"IO error: lock {tmp_path}/LOCK: busy"
    assert kind_of(plyvel.IOError(lock))[0] is DatabaseLocked
    other = f"IO error: {tmp_path}/LOCK: busy"
    assert kind_of(plyvel.IOError(other)) == (DatabasePathInvalid, other)
    comparator = plyvel.Error("Invalid argument: x does not match comparator y")
    foreign = "a LevelDB database of another program"
    assert kind_of(comparator) == (ForeignDirectory, foreign)
    full = f"IO error: {os.strerror(errno.ENOSPC)}"
    assert kind_of(plyvel.IOError(full)) == (NoSpaceToOpen, full)
    refused = f"IO error: {os.strerror(errno.EACCES)}"
    assert kind_of(plyvel.IOError(refused)) == (DatabaseNotWritable, refused)
    assert kind_of(plyvel.Error()) == (DatabasePathInvalid, "")
    damage = opened_with(plyvel.CorruptionError(b"no meta"), tmp_path, monkeypatch)
    assert isinstance(damage, DatabaseDamaged)
    assert (damage.key, damage.reason) == (b"", f"{tmp_path}: no meta")
    LevelDatabase(tmp_path).close()


def test_a_copy_without_room_is_no_room_for_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(place: str, **_: object) -> None:
        raise plyvel.IOError(f"IO error: {place}/LOG: {os.strerror(errno.ENOSPC)}")

    monkeypatch.setattr(plyvel, "DB", fail)
    with pytest.raises(OSError, match="LOG") as caught:
        level._open_copy(tmp_path, tmp_path / "copy")
    reason = f"IO error: {tmp_path}/LOG: {os.strerror(errno.ENOSPC)}"
    assert (caught.value.errno, caught.value.strerror) == (errno.ENOSPC, reason)


def test_damage_of_a_copy_is_named_by_the_place_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LevelDatabase(tmp_path).close()
    with LevelDatabase(tmp_path, read_only=True) as database:
        view, whole = database._view, database._db
        assert view is not None
        database._db = FakeDb(plyvel.CorruptionError(f"{view.name}/5.ldb: torn"))
        with pytest.raises(DatabaseDamaged) as caught:
            database.get(b"n")
        database._db = whole
    assert caught.value.reason == f"{tmp_path}/5.ldb: torn"


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (NO_SPACE, NoSpaceToOpen, "no space left on device"),
        (NOT_ALLOWED, DatabasePathInvalid, "permission denied"),
    ],
)
def test_a_directory_that_is_not_made_is_refused_for_the_systems_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: OSError,
    kind: type[Exception],
    reason: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    path = tmp_path / "db"
    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(kind) as caught:
        LevelDatabase(path)
    assert str(caught.value) == f"database {path}: {reason}"


@pytest.mark.parametrize(
    ("module", "name"), [(os, "listdir"), (level, "check_files")], ids=["list", "check"]
)
def test_a_directory_that_cannot_be_read_is_refused_for_the_systems_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    LevelDatabase(tmp_path).close()

    def fail(*_: object, **__: object) -> None:
        raise NOT_ALLOWED

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(DatabasePathInvalid) as caught:
        LevelDatabase(tmp_path)
    assert caught.value.reason == "permission denied"
    monkeypatch.undo()
    LevelDatabase(tmp_path).close()


def test_a_view_that_cannot_be_made_is_refused_for_the_systems_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LevelDatabase(tmp_path).close()

    def fail(*_: object) -> None:
        raise NOT_ALLOWED

    monkeypatch.setattr(level, "open_view", fail)
    with pytest.raises(DatabasePathInvalid) as caught:
        LevelDatabase(tmp_path, read_only=True)
    assert caught.value.reason == "permission denied"
    monkeypatch.undo()
    LevelDatabase(tmp_path).close()


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff")
    with pytest.raises(DatabasePathInvalid) as caught:
        LevelDatabase(path)
    assert caught.value.reason == "its name is not UTF-8"
    assert not path.exists()


@pytest.mark.parametrize(
    "names",
    [
        ("MANIFEST-000002",),
        ("000005.ldb", "LOCK"),
        ("000005.sst", "000004.log"),
        ("000012.log",),
    ],
    ids=",".join,
)
def test_files_of_leveldb_alone_are_a_database_that_lost_its_current_file(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(FileDamaged) as caught:
        LevelDatabase(tmp_path)
    assert (caught.value.file, caught.value.fault) == ("CURRENT", "is missing")


@pytest.mark.parametrize("first", ["LOG.new", "b", "xLOCK", "a.ldb", "COMMITS2"])
def test_a_directory_with_other_files_names_the_first_of_them(
    tmp_path: Path, first: str
) -> None:
    for name in (first, "z", "z.txt", "LOCK"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ForeignDirectory) as caught:
        LevelDatabase(tmp_path)
    assert caught.value.reason == (
        f"a directory without a database in it, but with {first!r}"
    )


def test_without_plyvel_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level, "PLYVEL_FAULT", "No module named 'plyvel'")
    path = tmp_path / "db"
    with pytest.raises(LevelDbMissing) as caught:
        LevelDatabase(path)
    assert (caught.value.path, caught.value.fault) == (
        str(path),
        "No module named 'plyvel'",
    )
    assert not path.exists()


def test_a_database_that_is_refused_is_closed_while_the_refusal_is_kept(
    tmp_path: Path,
) -> None:
    with LevelDatabase(tmp_path) as database:
        database.write_batch({FORMAT_KEY: b"4"})
    with pytest.raises(DatabaseVersionMismatch) as caught:
        LevelDatabase(tmp_path)
    with plyvel.DB(str(tmp_path)) as whole:
        assert whole.get(FORMAT_KEY) == b"4"
    assert caught.value.found == "4"
