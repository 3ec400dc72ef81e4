"""Work done in other threads, with what came of it."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

# Python's own is 5 ms: what races for a few instructions would seldom meet.
SWITCH_SECONDS = 1e-6


def in_another_thread(work: Callable[[], Any]) -> Any:
    """What `work` returns, or the exception that it raises, in a thread of its own."""
    return in_threads([work])[0]


def in_threads(works: list[Callable[[], Any]]) -> list[Any]:
    """What each returns, or the exception that it raises, all at the same time."""
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(work) for work in works]
    return [future.exception() or future.result() for future in futures]


@contextmanager
def switching_often() -> Iterator[None]:
    """Let Python go from thread to thread as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
