"""A small file next to LevelDB's: the database's lock and its number of batches.

The file is locked for as long as the database is open, so that nobody examines files
that another process is writing; readers share the lock. After each batch that LevelDB
has synced, its number is written here: a database that then has fewer batches lost
some. The mark is not synced; after a power failure it may be too low, never too high.
"""

import fcntl
import os
import re
import zlib
from contextlib import suppress
from pathlib import Path

from chain_sim.database.errors import (
    DatabaseLocked,
    DatabaseNotWritable,
    DatabasePathInvalid,
    DatabaseUnavailable,
    NoSpaceToOpen,
)
from chain_sim.database.leveldb.file_errors import FileDamaged
from chain_sim.database.leveldb.os_reasons import is_full, is_not_writable, os_reason

FILE_NAME = "COMMITS"
LOCKS = Path("/proc/locks")
MARK_BYTES = 30
MARK = re.compile(rb"(\d{20}) ([0-9a-f]{8})\n")


class CommitMark:
    """The file in the directory `path`, created if missing, and its lock.

    A reader shares its lock with other readers, and creates nothing: without the file,
    which every writer makes, there is no lock. Raises DatabaseLocked, or what
    `unusable` makes of a file that cannot be opened.
    """

    def __init__(self, path: Path, *, is_reader: bool = False) -> None:
        self._path = path
        file = path.joinpath(FILE_NAME)
        self._is_new = not is_reader and not file.exists()
        self._file = -1
        flags = os.O_RDONLY if is_reader else os.O_RDWR | os.O_CREAT
        try:
            self._file = os.open(file, flags | os.O_CLOEXEC, 0o644)
        except FileNotFoundError as error:
            if not is_reader:
                raise DatabasePathInvalid(str(path), os_reason(error)) from error
            return
        except OSError as error:
            raise unusable(path, os_reason(error)) from error
        try:
            kind = fcntl.LOCK_SH if is_reader else fcntl.LOCK_EX
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except OSError as error:
            pid = lock_holder(self._file)
            os.close(self._file)
            raise locked(path, pid) from error

    def read(self) -> int:
        """The number of batches written and reported; 0 if there is no mark."""
        if self._file < 0:
            return 0
        data = os.pread(self._file, MARK_BYTES + 1, 0)
        if not any(data):
            return 0
        count = read_mark(data)
        if count is None:
            raise FileDamaged(str(self._path), FILE_NAME, "is not a mark", None)
        return count

    def write(self, count: int) -> None:
        """Set the mark to `count`.

        The batch is on the disk by now: a mark that the full disk does not take stays
        too low, which it may be.
        """
        with suppress(OSError):
            os.pwrite(self._file, encode_mark(count), 0)

    def discard(self) -> None:
        """Remove the file if it was not there before, and close."""
        if self._is_new and self._file >= 0:
            self._path.joinpath(FILE_NAME).unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let others open the database; closing twice is allowed."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def unusable(path: Path, reason: str) -> DatabaseUnavailable:
    """Why a database that is there cannot be opened, by the system's reason."""
    if is_full(reason):
        return NoSpaceToOpen(str(path), reason)
    if is_not_writable(reason):
        return DatabaseNotWritable(str(path), reason)
    return DatabasePathInvalid(str(path), reason)


def locked(path: Path, pid: int | None) -> DatabaseLocked:
    """The refusal where the process `pid` has the lock."""
    if pid == os.getpid():
        return DatabaseLocked(str(path), is_own=True)
    return DatabaseLocked(str(path), pid)


def lock_holder(file: int) -> int | None:
    """A process that has locked the open file; None where Linux does not say.

    Of a lock that was inherited, the system knows the process that took it.
    """
    status = os.fstat(file)
    major, minor = os.major(status.st_dev), os.minor(status.st_dev)
    place = f"{major:02x}:{minor:02x}:{status.st_ino}"
    try:
        lines = LOCKS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if place in fields and fields[1] == "FLOCK":
            pid = int(fields[4])
            return pid if pid > 0 else None
    return None


def encode_mark(count: int) -> bytes:
    """The file's content: the number in decimal, and a checksum."""
    digits = b"%020d" % count
    return b"%b %08x\n" % (digits, zlib.crc32(digits))


def read_mark(data: bytes) -> int | None:
    """Inverse of encode_mark; None for any other bytes."""
    found = MARK.fullmatch(data)
    if found is None or encode_mark(int(found[1])) != data:
        return None
    return int(found[1])
