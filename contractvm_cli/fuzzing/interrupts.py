"""Ctrl-C in a campaign: the first ends it with a report, the second at once."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Deadline:
    """Tells when to stop: at the deadline, or after Ctrl-C."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self.is_interrupted = False

    def __call__(self) -> bool:
        """True if it is time to stop."""
        if self.is_interrupted:
            return True
        return self._end is not None and time.monotonic() >= self._end

    def interrupt(self, _: int, __: FrameType | None) -> None:
        """Signal handler; raises KeyboardInterrupt the second time."""
        if self.is_interrupted:
            raise KeyboardInterrupt
        self.is_interrupted = True


@contextmanager
def interruptible(seconds: float | None) -> Iterator[Deadline]:
    """A deadline that Ctrl-C and SIGTERM bring forward."""
    deadline = Deadline(seconds)
    if threading.current_thread() is not threading.main_thread():
        yield deadline
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, deadline.interrupt) for number in signals}
    try:
        yield deadline
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
