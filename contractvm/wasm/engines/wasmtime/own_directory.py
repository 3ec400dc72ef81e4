"""A directory of the user's own, on a path that nobody else can change.

Anyone who may write to a directory on the path could replace the next one, for example
by a link to a directory that belongs to the user but has somebody else's content, such
as an unpacked archive. So each step is checked before it is taken.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
MAX_LINKS = 40
ROOT_USER = 0
DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A directory on the path need not be readable.
ON_THE_WAY = DIRECTORY | os.O_PATH


class NotOwn(Exception):
    """Another user could change what is at `place`."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} is not this user's alone")
        self.place = place


def open_own_directory(directory: Path) -> int:
    """Open the directory, created with its parents if missing; its file descriptor.

    Raises NotOwn if it is another user's, if others may write to it, or if a user other
    than root could lead the path elsewhere; and OSError. What it creates is accessible
    to the user alone.
    """
    place, folder, links = "/", os.open("/", ON_THE_WAY), 0
    waiting = list(reversed(directory.absolute().parts))
    try:
        while waiting:
            require_safe(os.fstat(folder), place)
            name = waiting.pop()
            step = os.path.normpath(os.path.join(place, name))
            target = link_target(folder, name, step)
            if target is None:
                above, folder, place = folder, enter(folder, name), step
                os.close(above)
                continue
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            waiting.extend(reversed(Path(target).parts))
        if not is_own(os.fstat(folder)):
            raise NotOwn(place)
        return os.open(".", DIRECTORY | os.O_RDONLY, dir_fd=folder)
    finally:
        os.close(folder)


def is_own(facts: os.stat_result) -> bool:
    """Whether it is the user's, and nobody else may write to it."""
    return facts.st_uid == os.geteuid() and not facts.st_mode & WRITABLE_BY_OTHERS


def require_safe(facts: os.stat_result, place: str) -> None:
    """Raise NotOwn if others could replace files in a directory that aren't theirs."""
    is_sticky = facts.st_mode & stat.S_ISVTX
    can_be_changed = facts.st_mode & WRITABLE_BY_OTHERS and not is_sticky
    if can_be_changed or not is_ours_or_roots(facts):
        raise NotOwn(place)


def is_ours_or_roots(facts: os.stat_result) -> bool:
    """Whether it belongs to this user, or to root."""
    return facts.st_uid in (ROOT_USER, os.geteuid())


def link_target(folder: int, name: str, place: str) -> str | None:
    """The target of a link, None if it is no link; raises NotOwn for a foreign one."""
    try:
        facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(facts.st_mode):
        return None
    if not is_ours_or_roots(facts):
        raise NotOwn(place)
    return os.readlink(name, dir_fd=folder)


def enter(folder: int, name: str) -> int:
    """A descriptor of the directory `name` in another one, created if missing."""
    with suppress(FileNotFoundError):
        return os.open(name, ON_THE_WAY, dir_fd=folder)
    # Another process may be quicker.
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    return os.open(name, ON_THE_WAY, dir_fd=folder)
