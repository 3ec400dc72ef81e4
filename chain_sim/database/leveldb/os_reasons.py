"""The operating system's reasons for a failure, as text and by kind."""

import errno
import os

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)


def os_reason(error: OSError) -> str:
    """`permission denied`, as the messages of this project have it."""
    return (error.strerror or str(error)).lower()


def is_full(reason: str) -> bool:
    """Whether a text, ours or LevelDB's, says that there is no room."""
    return _says(reason, FULL)


def is_not_writable(reason: str) -> bool:
    """Whether a text, ours or LevelDB's, says that writing is not allowed."""
    return _says(reason, NOT_WRITABLE)


def _says(reason: str, codes: tuple[int, ...]) -> bool:
    return any(os.strerror(code).lower() in reason.lower() for code in codes)
