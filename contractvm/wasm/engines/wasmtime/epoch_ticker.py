"""A ticker that interrupts compiled code regularly, so that signals reach a call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import poll
from threading import Event, Lock, Thread

TICK_MILLISECONDS = 50


class EpochTicker:
    """Calls `tick` every 50 ms while anything runs, from a thread that it starts.

    The results of a call do not depend on it: interrupted code continues.
    """

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._lock = Lock()
        self._is_busy = Event()
        self._running = 0
        self._thread: Thread | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Tick until the block ends."""
        with self._lock:
            self._running += 1
            self._is_busy.set()
            # A forked process has no thread but its own.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(
                    target=tick_while_busy,
                    args=(self._tick, self._is_busy),
                    name="contractvm-ticker",
                    daemon=True,
                )
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._is_busy.clear()


def tick_while_busy(tick: Callable[[], None], is_busy: Event) -> None:
    """Tick while anything runs."""
    pause = poll()
    while True:
        is_busy.wait()
        pause.poll(TICK_MILLISECONDS)
        tick()
