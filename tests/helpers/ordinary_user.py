"""What a file's permissions mean to a user who is not root."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65_534


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root becomes nobody meanwhile; any other user stays who they are."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; those of pytest are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="contractvm-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o755)
        shutil.rmtree(folder)


def make_unwritable(folder: Path) -> None:
    """Take the right to write from a folder and its files, as `chmod -R a-w` does."""
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
