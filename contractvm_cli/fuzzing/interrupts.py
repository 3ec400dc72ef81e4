"""Ends of a campaign: its time is over, or Ctrl-C, whose second ends it at once."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from contract_fuzz.judging.stopping import StopFlag

# Of --seconds: kept for explaining differences, if there are any.
EXPLAINING = 0.2


class Deadline(StopFlag):
    """Tells when to stop: at the deadline, or after Ctrl-C."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._seconds = seconds
        self._end = None if seconds is None else self._began + seconds
        self.is_interrupted = False

    def __call__(self) -> bool:
        """True if it is time to stop."""
        if self.is_raised:
            return True
        return self._end is not None and time.monotonic() >= self._end

    def interrupt(self, _: int, __: FrameType | None) -> None:
        """Signal handler; raises KeyboardInterrupt the second time."""
        if self.is_interrupted:
            raise KeyboardInterrupt
        self.is_interrupted = True
        self.raise_it()

    def leave_time(self) -> None:
        """End cases early enough to explain what was found; call it any time."""
        if self._seconds is not None:
            self._set_end(self._began + self._seconds * (1 - EXPLAINING))

    def begin_explaining(self) -> None:
        """Allow what is left of the time, if no one interrupted."""
        self.is_raised = self.is_interrupted
        if self._seconds is not None:
            self._set_end(self._began + self._seconds)

    def _set_end(self, end: float) -> None:
        if end != self._end:
            self._end = end
            self.set_timer()

    def set_timer(self) -> None:
        """Have a signal come at the end, if this is the main thread."""
        is_main = threading.current_thread() is threading.main_thread()
        if self._end is not None and is_main:
            left = max(self._end - time.monotonic(), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left)


@contextmanager
def interruptible(seconds: float | None) -> Iterator[Deadline]:
    """A deadline that Ctrl-C and SIGTERM bring forward."""
    deadline = Deadline(seconds)
    if threading.current_thread() is not threading.main_thread():
        yield deadline
        return
    handlers = {
        signal.SIGINT: deadline.interrupt,
        signal.SIGTERM: deadline.interrupt,
        signal.SIGALRM: deadline.raise_it,
    }
    before = {number: signal.signal(number, run) for number, run in handlers.items()}
    deadline.set_timer()
    try:
        yield deadline
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
