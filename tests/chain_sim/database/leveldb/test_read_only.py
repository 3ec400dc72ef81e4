"""Reading a database beside other readers, and where nothing may be written."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_sim.database.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseNotFound,
    DatabaseNotWritable,
    DatabaseReadOnly,
    DiskFull,
    NoRoomToRead,
    NoSpaceToOpen,
)
from chain_sim.database.leveldb import commit_mark, read_view
from chain_sim.database.leveldb.commit_mark import CommitMark
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.meta_keys import FORMAT_KEY
from tests.helpers.ordinary_user import (
    as_ordinary_user,
    make_unwritable,
    open_folder,
)

HOLD = """
import sys
from chain_sim.database.leveldb.level import LevelDatabase
with LevelDatabase(sys.argv[1], read_only=sys.argv[2] == "reader"):
    print("open", flush=True)
    sys.stdin.read()
"""
ENTRIES = {b"n%d" % number: b"%d" % number * 500 for number in range(50)}


def snapshot_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A database with a table and a log."""
    path = tmp_path / "db"
    for number in (b"4", b"5"):
        with LevelDatabase(path) as database:
            database.write_batch({**ENTRIES, b"round": number})
    assert list(path.glob("*.ldb"))
    (log,) = path.glob("*.log")
    assert log.stat().st_size > 0
    return path


@pytest.fixture
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that views are made in, empty now."""
    folder = tmp_path / "views"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(params=["writer", "reader"])
def holder(
    request: pytest.FixtureRequest, place: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Another process that has the database open, and what for."""
    command = [sys.executable, "-c", HOLD, str(place), request.param]
    with subprocess.Popen(
        command,
        env=os.environ | {"TMPDIR": str(place.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield request.param, process
        process.communicate(b"")


def test_a_reader_sees_all_and_writes_nothing(place: Path, views: Path) -> None:
    before = snapshot_of(place)
    with LevelDatabase(place, read_only=True) as database:
        assert dict(database.iterate(b"n")) == ENTRIES
        assert database.get(b"round") == b"5"
        assert snapshot_of(place) == before
        assert len(list(views.iterdir())) == 1
    assert snapshot_of(place) == before
    assert list(views.iterdir()) == []


def test_a_reader_cannot_write(place: Path) -> None:
    with LevelDatabase(place, read_only=True) as database:
        for attempt in (lambda: database.write_batch({b"n0": b""}), database.compact):
            with pytest.raises(DatabaseReadOnly) as caught:
                attempt()
            assert caught.value.path == str(place)
        assert database.get(b"n0") == ENTRIES[b"n0"]


def test_readers_share_and_keep_writers_out(place: Path) -> None:
    with LevelDatabase(place, read_only=True) as first:
        with LevelDatabase(place, read_only=True) as second:
            assert first.get(b"n1") == second.get(b"n1") == ENTRIES[b"n1"]
        with pytest.raises(DatabaseLocked):
            LevelDatabase(place)
    with LevelDatabase(place) as database:
        with pytest.raises(DatabaseLocked):
            LevelDatabase(place, read_only=True)
        database.write_batch({b"n1": b"changed"})
    with LevelDatabase(place, read_only=True) as database:
        assert database.get(b"n1") == b"changed"


def test_who_is_locked_out_is_told_the_process(
    place: Path, holder: tuple[str, subprocess.Popen[bytes]]
) -> None:
    kind, process = holder
    with pytest.raises(DatabaseLocked) as caught:
        LevelDatabase(place)
    assert (caught.value.pid, caught.value.is_own) == (process.pid, False)
    assert str(caught.value) == (
        f"database {place}: already open in another process (pid {process.pid});"
        " end that one first"
    )
    if kind == "reader":
        LevelDatabase(place, read_only=True).close()
    else:
        with pytest.raises(DatabaseLocked) as caught:
            LevelDatabase(place, read_only=True)
        assert caught.value.pid == process.pid


def test_a_lock_of_this_process_is_told_apart(place: Path) -> None:
    with LevelDatabase(place), pytest.raises(DatabaseLocked) as caught:
        LevelDatabase(place)
    assert (caught.value.pid, caught.value.is_own) == (None, True)


def test_where_the_system_names_no_process_the_message_does_not(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_mark, "LOCKS", place / "missing")
    with LevelDatabase(place), pytest.raises(DatabaseLocked) as caught:
        LevelDatabase(place)
    assert str(caught.value).endswith("open in another process; end that one first")


@pytest.mark.parametrize("content", [None, b"", b"anything"])
def test_a_reader_creates_no_database(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "db"
    if content is not None:
        path.mkdir()
        path.joinpath("LOCK").write_bytes(content)
    with pytest.raises(DatabaseNotFound):
        LevelDatabase(path, read_only=True)
    assert path.exists() == (content is not None)


@pytest.mark.parametrize("found", [b"1", b"2"])
def test_a_reader_migrates_nothing(place: Path, found: bytes) -> None:
    with LevelDatabase(place) as database:
        database.write_batch({FORMAT_KEY: found})
    (place / "COMMITS").unlink()
    before = snapshot_of(place)
    with LevelDatabase(place, read_only=True) as database:
        assert database.get(FORMAT_KEY) == found
        assert dict(database.iterate(b"n")) == ENTRIES
    assert snapshot_of(place) == before


def test_damage_is_named_by_the_files_own_place(place: Path, views: Path) -> None:
    table = sorted(place.glob("*.ldb"))[0]
    content = bytearray(table.read_bytes())
    content[100] ^= 1
    table.write_bytes(content)
    with pytest.raises(DatabaseDamaged) as caught:  # noqa: SIM117 (closed inside)
        with LevelDatabase(place, read_only=True) as database:
            list(database.iterate(b""))
    assert str(views) not in str(caught.value)
    assert list(views.iterdir()) == []


def test_a_refused_reader_leaves_no_view(place: Path, views: Path) -> None:
    with LevelDatabase(place) as database:
        database.write_batch({FORMAT_KEY: b"9"})
    with pytest.raises(Exception, match="format version 9"):
        LevelDatabase(place, read_only=True)
    assert list(views.iterdir()) == []


def test_a_directory_that_may_not_be_written_is_read() -> None:
    with open_folder() as folder:
        path = folder / "db"
        with LevelDatabase(path) as database:
            database.write_batch(ENTRIES)
        make_unwritable(path)
        before = snapshot_of(path)
        with as_ordinary_user():
            with LevelDatabase(path, read_only=True) as database:
                assert dict(database.iterate(b"n")) == ENTRIES
            with pytest.raises(DatabaseNotWritable) as caught:
                LevelDatabase(path)
        assert caught.value.reason == "permission denied"
        assert snapshot_of(path) == before


def test_a_directory_that_may_not_be_read_is_refused() -> None:
    with open_folder() as folder:
        path = folder / "db"
        LevelDatabase(path).close()
        path.joinpath("CURRENT").chmod(0o000)
        with as_ordinary_user(), pytest.raises(Exception, match="permission denied"):
            LevelDatabase(path, read_only=True)


def test_where_the_usual_place_is_full_views_are_in_memory(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    monkeypatch.setattr(read_view, "MEMORY_FOLDER", str(memory))
    with LevelDatabase(place, read_only=True) as database:
        assert database.get(b"round") == b"5"
        assert len(list(memory.iterdir())) == 1
    assert list(memory.iterdir()) == []


def test_without_any_room_the_message_says_how_much_is_needed_and_where(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, memory = str(tmp_path / "usual"), str(tmp_path / "memory")
    monkeypatch.setattr(tempfile, "tempdir", usual)
    monkeypatch.setattr(read_view, "MEMORY_FOLDER", memory)
    (log,), (manifest,) = place.glob("*.log"), place.glob("MANIFEST-*")
    size = sum(map(len, (file.read_bytes() for file in (log, manifest))))
    size += len((place / "CURRENT").read_bytes())
    with pytest.raises(NoRoomToRead) as caught:
        LevelDatabase(place, read_only=True)
    reason = "no such file or directory"
    assert caught.value.needed_bytes == size
    assert caught.value.faults == {usual: reason, memory: reason}
    assert str(caught.value) == (
        f"database {place}: to read it, {size} bytes are copied to a temporary"
        f" directory, and none takes them ({usual}: {reason}, {memory}: {reason})"
    )
    LevelDatabase(place).close()


# No file may grow beyond the limit, as on a full disk.
ON_A_FULL_DISK = """
import resource, signal, sys
from chain_sim.database.errors import DatabaseUnavailable, DatabaseWriteFailed
from chain_sim.database.leveldb.level import LevelDatabase
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
try:
    with LevelDatabase(sys.argv[1], read_only=sys.argv[3] == "reader") as database:
        database.write_batch({b"n": bytes(100_000)})
except (DatabaseUnavailable, DatabaseWriteFailed) as error:
    print(type(error).__name__, flush=True)
"""


@pytest.mark.parametrize(
    ("limit", "kind", "error"),
    [
        (1_000, "writer", NoSpaceToOpen),
        (90_000, "writer", DiskFull),
        (1_000, "reader", NoRoomToRead),
    ],
)
def test_a_full_disk_is_named_as_what_it_is(
    place: Path, limit: int, kind: str, error: type[Exception]
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(place), str(limit), kind],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == error.__name__ + "\n"
    with LevelDatabase(place, read_only=True) as database:
        assert dict(database.iterate(b"n")) == ENTRIES


def test_a_mark_that_cannot_be_written_fails_no_batch(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is on the disk: its caller must not think that it is not."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with LevelDatabase(place) as database:
        monkeypatch.setattr(os, "pwrite", full)
        database.write_batch({b"n1": b"kept"})
        monkeypatch.undo()
    with LevelDatabase(place) as database:
        assert database.get(b"n1") == b"kept"


def test_the_mark_of_a_reader_is_read_and_never_made(tmp_path: Path) -> None:
    mark = CommitMark(tmp_path, is_reader=True)
    assert mark.read() == 0
    mark.close()
    assert list(tmp_path.iterdir()) == []
    writer = CommitMark(tmp_path)
    writer.write(7)
    writer.close()
    mark = CommitMark(tmp_path, is_reader=True)
    assert mark.read() == 7
    mark.close()


def test_a_killed_reader_locks_nobody_out(
    place: Path, holder: tuple[str, subprocess.Popen[bytes]]
) -> None:
    holder[1].send_signal(signal.SIGKILL)
    holder[1].wait()
    LevelDatabase(place).close()
