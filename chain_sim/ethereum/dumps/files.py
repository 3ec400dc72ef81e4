"""Files and databases that are there as a whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.dumps.errors import ChainExists


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` at the end of the block.

    Where the block raises, what was at `path` stays.
    """
    with NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def write_whole(path: Path, text: str) -> None:
    """Make `text` the content of the file at `path`, or change nothing."""
    with whole_file(path) as file:
        file.write(text.encode())


@contextmanager
def new_database(path: Path) -> Iterator[LevelDatabase]:
    """A new database that comes to be at `path` at the end of the block.

    Where the block raises, nothing is left. Raises ChainExists unless `path` is free,
    or an empty directory.
    """
    if os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir())):
        raise ChainExists(str(path))
    missing = [folder for folder in path.absolute().parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.parent.joinpath(f".{path.name}.loading-{os.getpid()}")
    try:
        with LevelDatabase(staging) as database:
            yield database
        os.replace(staging, path)
        _sync_folder(path.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for folder in missing:
            folder.rmdir()
        raise


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
