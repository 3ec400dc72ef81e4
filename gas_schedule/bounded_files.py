"""Untrusted files: opened without waiting, read up to a limit.

Here, because every package may import this one.
"""

import errno
import os
import stat
from pathlib import Path
from typing import IO


def open_regular(path: Path) -> IO[bytes]:
    """A regular file, open for reading; OSError for anything else.

    A pipe without a writer would block for ever, and a device may never end.
    """
    try:
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 (the caller's)
    except ValueError as error:
        reason = "a path has no NUL in it"
        raise OSError(errno.EINVAL, reason, str(path)) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """The content of a regular file; OSError for a larger one."""
    with open_regular(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        reason = f"larger than {max_bytes} bytes"
        raise OSError(errno.EFBIG, reason, str(path))
    return content


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
