"""A private view of a LevelDB directory, for reading without writing to it.

LevelDB cannot open a directory without writing: it replays the log into a table and
begins a new MANIFEST. So a reader opens another directory, with links to the tables,
which never change, and copies of the small files. It is a temporary one, and goes when
the view is closed.
"""

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TypeVar

from chain_sim.database.errors import NoRoomToRead
from chain_sim.database.leveldb.os_reasons import os_reason

LINKED_FILES = re.compile(r"\d+\.(?:ldb|sst)")
COPIED_FILES = re.compile(r"CURRENT|MANIFEST-\d+|\d+\.log")
# In memory: there where a full or read-only disk has the usual place, too.
MEMORY_FOLDER = "/dev/shm"

T = TypeVar("T")


def open_view(
    path: Path, open_there: Callable[[Path], T]
) -> tuple[T, TemporaryDirectory[str]]:
    """What `open_there` makes of a view of `path`, and the view's directory.

    Nobody may write to `path` meanwhile. Raises NoRoomToRead where no temporary
    directory takes the copies, and what reading `path` or `open_there` raises.
    """
    copies = {
        entry.name: entry.read_bytes()
        for entry in path.iterdir()
        if COPIED_FILES.fullmatch(entry.name)
    }
    tables = [
        entry.resolve()
        for entry in path.iterdir()
        if LINKED_FILES.fullmatch(entry.name)
    ]
    faults: dict[str, str] = {}
    for parent in _places(faults):
        try:
            folder = _make_view(parent, copies, tables)
        except OSError as error:
            faults[parent] = os_reason(error)
            continue
        try:
            return open_there(Path(folder.name)), folder
        except OSError as error:
            faults[parent] = os_reason(error)
            folder.cleanup()
        except BaseException:
            folder.cleanup()
            raise
    raise NoRoomToRead(str(path), sum(map(len, copies.values())), faults)


def _places(faults: dict[str, str]) -> list[str]:
    """Where views may be, the usual place first."""
    try:
        usual = [gettempdir()]
    except OSError as error:
        faults["TMPDIR"] = os_reason(error)
        usual = []
    return list(dict.fromkeys([*usual, MEMORY_FOLDER]))


def _make_view(
    parent: str, copies: dict[str, bytes], tables: list[Path]
) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(
        prefix="contractvm-view-", dir=parent, ignore_cleanup_errors=True
    )
    try:
        view = Path(folder.name)
        for name, content in copies.items():
            view.joinpath(name).write_bytes(content)
        for table in tables:
            view.joinpath(table.name).symlink_to(table)
    except BaseException:
        folder.cleanup()
        raise
    return folder
