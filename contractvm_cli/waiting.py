"""Patience with another process that has the database open."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from chain_sim.database.errors import DatabaseLocked
from contractvm_cli.nodes import NodeHasDatabase, url_of_node
from contractvm_cli.options import lock_wait

SECONDS_BETWEEN_TRIES = 0.05

T = TypeVar("T")


def when_unlocked(open_database: Callable[[], T]) -> T:
    """What `open_database` opens, tried again while another process has the lock.

    Raises DatabaseLocked after the seconds of `--wait`, and at once where this process
    has the lock itself; NodeHasDatabase as soon as a node of ours says that it has it.
    """
    deadline = time.monotonic() + lock_wait()
    while True:
        try:
            return open_database()
        except DatabaseLocked as error:
            url = None if error.is_own else url_of_node(Path(error.path))
            if url is not None:
                raise NodeHasDatabase(Path(error.path), url) from error
            if error.is_own or time.monotonic() >= deadline:
                raise
        time.sleep(SECONDS_BETWEEN_TRIES)
