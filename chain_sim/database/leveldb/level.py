"""A database in a directory, kept by LevelDB."""

import errno
import os
import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any, Self

from chain_sim.database.errors import (
    DatabaseClosed,
    DatabaseDamaged,
    DatabaseNotFound,
    DatabasePathInvalid,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DatabaseVersionMismatch,
    DatabaseWriteFailed,
    DiskFull,
    ForeignDirectory,
    LevelDbMissing,
    NoSpaceToOpen,
)
from chain_sim.database.leveldb.commit_mark import CommitMark, locked, unusable
from chain_sim.database.leveldb.file_check import check_files
from chain_sim.database.leveldb.file_errors import BatchesLost, FileDamaged
from chain_sim.database.leveldb.os_reasons import is_full, os_reason
from chain_sim.database.leveldb.read_view import open_view
from chain_sim.database.meta_keys import BATCH_COUNT_KEY, FORMAT_KEY
from contractvm.errors import InternalError

# Why no database can be opened here: plyvel is not installed, or LevelDB's shared
# library is not there.
from gas_schedule.arguments import as_path

PLYVEL_FAULT: str | None = None
try:
    import plyvel
except ImportError as error:
    PLYVEL_FAULT = str(error)

FORMAT_VERSION = "3"

# Version 1 did not count its batches; counting starts with the first batch written
# here. Up to version 2 each node had its own record; records that hold children are
# written next to those.
MIGRATED_VERSIONS = (b"1", b"2")

# The files left by a process killed before the new database exists; if there are data
# files next to these, then the database has lost its CURRENT file.
UNFINISHED_FILES = re.compile(
    r"COMMITS|LOCK|LOG|LOG\.old|MANIFEST-000001|000001\.dbtmp"
)
DATA_FILES = re.compile(r"MANIFEST-\d+|\d+\.(?:ldb|sst|log)")

# For each key of a table, so that lookups usually read one table.
BLOOM_FILTER_BITS = 10

# LevelDB's account of what it did and its list of tables grow for as long as it is
# open: beyond this size it is reopened when it compacts.
GROWING_FILES = re.compile(r"LOG|MANIFEST-\d+")
MAX_GROWN_BYTES = 1 << 18

# A whole block is read and checked at a time, and reads hit random ones: they are
# about as large as a record of nodes. A table is opened once, so there are few of them.
BLOCK_BYTES = 1 << 10
TABLE_BYTES = 16 << 20


class LevelDatabase:
    """A KeyValueStore in the directory `path`, which one process at a time may open.

    The directory is created if missing, unless `must_exist`: a command that only reads
    should not leave an empty database at a mistyped path. Raises a
    DatabaseUnavailable with the reason, or DatabaseDamaged; then nothing was changed.
    LevelDbMissing where plyvel is not there to open it.

    `write_buffer_bytes` is how much LevelDB gathers before it writes a table (None for
    its own 4 MiB): less makes it compact more often.

    Threads take turns: LevelDB must not be closed, as `compact` does too, while another
    thread is in it. An iterator belongs to one thread.

    With `read_only` nothing is written to the directory, which must exist; any number
    of processes may read it, while none writes. The database is a copy in a temporary
    directory, with links to the tables; NoRoomToRead where there is no room for it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        must_exist: bool = False,
        read_only: bool = False,
        write_buffer_bytes: int | None = None,
    ) -> None:
        if PLYVEL_FAULT is not None:
            raise LevelDbMissing(str(path), PLYVEL_FAULT)
        self.path = as_path(path)
        self._lock = RLock()
        is_new = _is_new(self.path, must_exist or read_only)
        if is_new:
            _create_directory(self.path)
        self._failure: str | None = None
        self._write_buffer_bytes = write_buffer_bytes
        self._view: TemporaryDirectory[str] | None = None
        self._mark = CommitMark(self.path, is_reader=read_only)
        try:
            self._db: Any = self._open(is_new, read_only)
        except BaseException:
            self._mark.discard()
            raise
        try:
            self._batch_count = self._read_batch_count()
            self._check_format(must_exist or read_only)
        except BaseException:
            self._db.close()
            self._remove_view()
            self._mark.discard()
            raise

    def _open(self, is_new: bool, read_only: bool) -> Any:
        if not is_new:
            _require_whole_files(self.path)
        if not read_only:
            buffer_bytes = self._write_buffer_bytes
            return _open_level_db(self.path, self.path, is_new, buffer_bytes)
        try:
            db, self._view = open_view(self.path, partial(_open_copy, self.path))
        except OSError as error:
            raise DatabasePathInvalid(str(self.path), os_reason(error)) from error
        return db

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        try:
            with self._lock:
                value: bytes | None = self._db.get(key, verify_checksums=True)
        except (plyvel.Error, RuntimeError) as error:
            raise self._own_error(key, error) from error
        return value

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See KeyValueStore.iterate; LevelDB keeps what it showed at the call."""
        try:
            with self._lock:
                entries = self._db.iterator(prefix=prefix, verify_checksums=True)
        except (plyvel.Error, RuntimeError) as error:
            raise self._own_error(prefix, error) from error
        return self._checked_entries(prefix, entries)

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """See KeyValueStore.write_batch; the log is synced to the disk at return.

        After a failure every later one fails too. LevelDB would continue after a record
        that is half on the disk, and could not read its log again.
        """
        with self._lock:
            if self._view is not None:
                raise DatabaseReadOnly(str(self.path))
            self._write_batch(puts, deletes)

    def _write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes]
    ) -> None:
        if self._failure is not None:
            reason = f"an earlier one failed ({self._failure}); open it again"
            raise DatabaseWriteFailed(str(self.path), reason)
        count = self._batch_count + 1
        try:
            batch = self._db.write_batch(sync=True)
            for key in deletes:
                batch.delete(key)
            for key, value in puts.items():
                batch.put(key, value)
            batch.put(BATCH_COUNT_KEY, count.to_bytes(8, "big"))
            batch.write()
        except plyvel.Error as error:
            self._failure = _reason(error)
            kind = DiskFull if is_full(self._failure) else DatabaseWriteFailed
            raise kind(str(self.path), self._failure) from error
        except RuntimeError as error:
            raise self._own_error(b"", error) from error
        self._batch_count = count
        self._mark.write(count)

    def compact(self) -> None:
        """See KeyValueStore.compact. Iterators that were begun before it may end."""
        with self._lock:
            if self._view is not None:
                raise DatabaseReadOnly(str(self.path))
            try:
                self._db.compact_range()
            except (plyvel.Error, RuntimeError) as error:
                raise self._own_error(b"", error) from error
            if self._failure is None and _grown_bytes(self.path) > MAX_GROWN_BYTES:
                # The mark stays locked meanwhile: no other process comes in between.
                self._db.close()
                self._db = self._open(False, read_only=False)

    def close(self) -> None:
        """See KeyValueStore.close; another process may open the directory then."""
        with self._lock:
            self._db.close()
            self._remove_view()
            self._mark.close()

    def _remove_view(self) -> None:
        if self._view is not None:
            self._view.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_batch_count(self) -> int:
        stored = self.get(BATCH_COUNT_KEY)
        count = 0 if stored is None else int.from_bytes(stored, "big")
        written = self._mark.read()
        if written > count:
            raise BatchesLost(str(self.path), count, written)
        return count

    def _check_format(self, must_exist: bool) -> None:
        found = self.get(FORMAT_KEY)
        if found is None:
            # Empty: killed between LevelDB's creation of it and our first entry.
            is_empty = next(self.iterate(b""), None) is None
            if not is_empty:
                reason = "a LevelDB database, but not one of this project"
                raise ForeignDirectory(str(self.path), reason)
            if must_exist:
                raise DatabaseNotFound(str(self.path))
            self.write_batch({FORMAT_KEY: FORMAT_VERSION.encode()})
        elif found in MIGRATED_VERSIONS:
            if self._view is None:
                self.write_batch({FORMAT_KEY: FORMAT_VERSION.encode()})
        elif found != FORMAT_VERSION.encode():
            shown = found.decode("ascii", "backslashreplace")
            raise DatabaseVersionMismatch(str(self.path), shown, FORMAT_VERSION)

    def _checked_entries(
        self, prefix: bytes, entries: Any
    ) -> Iterator[tuple[bytes, bytes]]:
        while True:
            try:
                with self._lock:
                    entry = next(entries, None)
            except (plyvel.Error, RuntimeError) as error:
                raise self._own_error(prefix, error) from error
            if entry is None:
                return
            yield entry

    def _own_error(self, key: bytes, error: Exception) -> InternalError:
        """Plyvel's error as ours; it has no class for use after close()."""
        if isinstance(error, plyvel.Error):
            reason = _reason(error)
            if self._view is not None:
                reason = reason.replace(self._view.name, str(self.path))
            return DatabaseDamaged(key, reason)
        if self._db.closed:
            return DatabaseClosed()
        return InternalError(f"database {self.path}: {error}")


def _is_new(path: Path, must_exist: bool) -> bool:
    """Whether a database is to be created there; refuse unusable places."""
    try:
        str(path).encode()
        names = os.listdir(path)
    except UnicodeEncodeError as error:
        raise DatabasePathInvalid(str(path), "its name is not UTF-8") from error
    except FileNotFoundError:
        names = []
    except NotADirectoryError as error:
        raise DatabasePathInvalid(str(path), "is not a directory") from error
    except OSError as error:
        raise DatabasePathInvalid(str(path), os_reason(error)) from error
    if "CURRENT" in names:
        return False
    strange = sorted(name for name in names if not UNFINISHED_FILES.fullmatch(name))
    if strange and all(DATA_FILES.fullmatch(name) for name in strange):
        raise FileDamaged(str(path), "CURRENT", "is missing", None)
    if strange:
        reason = f"a directory without a database in it, but with {strange[0]!r}"
        raise ForeignDirectory(str(path), reason)
    if must_exist:
        raise DatabaseNotFound(str(path))
    return True


def _grown_bytes(path: Path) -> int:
    """The size of the files that LevelDB restarts only when it is opened."""
    names = [name for name in os.listdir(path) if GROWING_FILES.fullmatch(name)]
    return sum(path.joinpath(name).stat().st_size for name in names)


def _create_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = os_reason(error)
        kind = NoSpaceToOpen if is_full(reason) else DatabasePathInvalid
        raise kind(str(path), reason) from error


def _open_copy(path: Path, copy: Path) -> Any:
    """The database at `path`, of which `copy` is one; OSError without room for it."""
    try:
        return _open_level_db(path, copy, False, None)
    except NoSpaceToOpen as error:
        raise OSError(errno.ENOSPC, error.reason) from error


def _open_level_db(
    path: Path, place: Path, is_new: bool, write_buffer_bytes: int | None
) -> Any:
    """The database at `path`; its files are at `place`."""
    try:
        # Paranoid: a damaged log stops us, instead of being dropped silently.
        return plyvel.DB(
            str(place),
            create_if_missing=is_new,
            paranoid_checks=True,
            write_buffer_size=write_buffer_bytes,
            bloom_filter_bits=BLOOM_FILTER_BITS,
            block_size=BLOCK_BYTES,
            max_file_size=TABLE_BYTES,
        )
    except plyvel.CorruptionError as error:
        reason = _reason(error).replace(str(place), str(path))
        raise DatabaseDamaged(b"", f"{path}: {reason}") from error
    except (plyvel.Error, UnicodeError) as error:
        reason = _reason(error).replace(str(place), str(path))
        raise _opening_error(path, reason) from error


def _require_whole_files(path: Path) -> None:
    """Raise FileDamaged for the first file that is not as LevelDB wrote it."""
    try:
        for report in check_files(path):
            for fault in report.faults:
                raise FileDamaged(str(path), report.name, fault.reason, fault.offset)
    except OSError as error:
        raise DatabasePathInvalid(str(path), os_reason(error)) from error


def _opening_error(path: Path, reason: str) -> DatabaseUnavailable:
    """LevelDB tells the cases apart in its text only; a lock's is `lock <file>:`."""
    if f"lock {path}/LOCK:" in reason:
        return locked(path, None)
    if "comparator" in reason:
        return ForeignDirectory(str(path), "a LevelDB database of another program")
    return unusable(path, reason)


def _reason(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    if isinstance(detail, bytes):
        return detail.decode(errors="backslashreplace")
    return str(detail)
