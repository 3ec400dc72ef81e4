"""Files that are written atomically."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def whole_file(path: Path, *, is_synced: bool = True) -> Iterator[IO[bytes]]:
    """A file to write that replaces `path` at the end of the block.

    If the block raises, `path` stays unchanged. Unless `is_synced`, the content
    may not be on the disk yet: a power failure can leave an empty file. OSError names
    `path`, whatever file failed.
    """
    _require_replaceable(path)
    try:
        with _temporary_file(path) as file:
            yield file
            file.flush()
            if is_synced:
                os.fsync(file.fileno())
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _require_replaceable(path: Path) -> None:
    """Raise OSError for a device, a pipe or a folder: a file must not replace it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "is a directory", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


@contextmanager
def _temporary_file(path: Path) -> Iterator[IO[bytes]]:
    """A file next to `path`, removed if the block raises."""
    with NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            yield file
        except BaseException:
            os.unlink(file.name)
            raise


def write_whole(path: Path, text: str, *, is_synced: bool = True) -> None:
    """Write `text` to the file at `path` atomically."""
    with whole_file(path, is_synced=is_synced) as file:
        file.write(text.encode())


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
