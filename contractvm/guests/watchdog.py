"""The watchdog: one thread of the process that ends runs at their deadlines."""

import heapq
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from threading import Condition, Thread
from time import monotonic

from contractvm.wasm.engines.stop_flag import StopFlag

DEADLINE = "the deadline is exceeded"
UNWATCHED = nullcontext()


class Watchdog:
    """Sets the stop flags of runs whose time is over; its thread starts when needed."""

    def __init__(self) -> None:
        self._wakes = Condition()
        self._deadlines: list[tuple[float, int, StopFlag]] = []
        self._numbers = count()
        self._thread: Thread | None = None

    def watching(
        self, flag: StopFlag, seconds: float | None
    ) -> AbstractContextManager[None]:
        """Set `flag` if the block takes longer than `seconds`; None is no limit."""
        return UNWATCHED if seconds is None else self._watching(flag, seconds)

    @contextmanager
    def _watching(self, flag: StopFlag, seconds: float) -> Iterator[None]:
        entry = (monotonic() + seconds, next(self._numbers), flag)
        with self._wakes:
            # A forked process has no thread but its own.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(
                    target=self._watch, name="contractvm-watchdog", daemon=True
                )
                self._thread.start()
            heapq.heappush(self._deadlines, entry)
            if self._deadlines[0] is entry:
                self._wakes.notify()
        try:
            yield
        finally:
            with self._wakes:
                if entry in self._deadlines:
                    self._deadlines.remove(entry)
                    heapq.heapify(self._deadlines)

    def _watch(self) -> None:
        with self._wakes:
            while True:
                if not self._deadlines:
                    self._wakes.wait()
                    continue
                deadline, _, flag = self._deadlines[0]
                left = deadline - monotonic()
                if left > 0:
                    self._wakes.wait(left)
                    continue
                heapq.heappop(self._deadlines)
                flag.set(DEADLINE)


WATCHDOG = Watchdog()
