"""A small file next to LevelDB's: the database's lock and its number of batches.

The file is locked for as long as the database is open, so that nobody examines files
that another process is writing. After each batch that LevelDB has synced, its number is
written here: a database that then has fewer batches lost some. The mark is not synced;
after a power failure it may be too low, never too high.
"""

import fcntl
import os
import re
import zlib
from pathlib import Path

from chain_sim.database.errors import DatabaseLocked, DatabasePathInvalid
from chain_sim.database.leveldb.file_errors import FileDamaged

FILE_NAME = "COMMITS"
MARK_BYTES = 30
MARK = re.compile(rb"(\d{20}) ([0-9a-f]{8})\n")


class CommitMark:
    """The file in the directory `path`, created if missing, and its lock.

    Raises DatabaseLocked, DatabasePathInvalid if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._is_new = not path.joinpath(FILE_NAME).exists()
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(path.joinpath(FILE_NAME), flags, 0o644)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DatabasePathInvalid(str(path), reason) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise DatabaseLocked(str(path)) from error

    def read(self) -> int:
        """The number of batches written and reported; 0 if there is no mark."""
        data = os.pread(self._file, MARK_BYTES + 1, 0)
        if not any(data):
            return 0
        count = read_mark(data)
        if count is None:
            raise FileDamaged(str(self._path), FILE_NAME, "is not a mark", None)
        return count

    def write(self, count: int) -> None:
        """Set the mark to `count`."""
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
