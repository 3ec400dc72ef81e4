"""A database that is created atomically."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.dumps.errors import ChainExists


@contextmanager
def new_database(path: Path) -> Iterator[LevelDatabase]:
    """A new database that appears at `path` at the end of the block.

    If the block raises, nothing is left. Raises ChainExists unless `path` is free,
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
    """Sync the directory, so that the new name is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
