"""Work in other threads, and its results."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

# Python's own is 5 ms: races of a few instructions would rarely happen.
SWITCH_SECONDS = 1e-6


def in_another_thread(work: Callable[[], Any]) -> Any:
    """The result of `work` in a separate thread, or the exception that it raises."""
    return in_threads([work])[0]


def in_threads(works: list[Callable[[], Any]]) -> list[Any]:
    """The result of each, or the exception that it raises, all run at the same time."""
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(work) for work in works]
    return [future.exception() or future.result() for future in futures]


@contextmanager
def switching_often() -> Iterator[None]:
    """Let Python switch threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
