"""Short requests on the event loop itself: a switch of threads takes longer than they.

They are tried there while the chain's thread is idle. What takes too long is stopped,
leaves nothing, and begins again on that thread.
"""

from time import monotonic, thread_time

from contractvm.errors import Stopped
from contractvm.wasm.engines.stop_flag import StopFlag

SHORT_SECONDS = 0.005


class TooLong(Stopped):
    """A run on the event loop takes longer than the loop may be kept."""

    def __init__(self) -> None:
        super().__init__("the event loop is needed")


class LoopFlag(StopFlag):
    """A stop flag that also ends runs on the event loop after some milliseconds.

    Those are the runs within `with flag:`. Then it looks at the processor's time, which
    takes longer to ask for: on a busy machine the loop may have waited in the middle of
    a run, and it goes on as long.
    """

    __slots__ = ("_deadline", "_processor_deadline")

    def __init__(self) -> None:
        super().__init__()
        self._deadline: float | None = None
        self._processor_deadline: float | None = None

    def __enter__(self) -> None:
        """Raise TooLong in runs that begin in the block and go on too long."""
        self._deadline = monotonic() + SHORT_SECONDS
        self._processor_deadline = None

    def __exit__(self, *_: object) -> None:
        self._deadline = None

    def check(self) -> None:
        """See StopFlag; raises TooLong too."""
        super().check()
        if self._deadline is None or monotonic() < self._deadline:
            return
        if self._processor_deadline is None:
            self._processor_deadline = thread_time() + SHORT_SECONDS
        elif thread_time() > self._processor_deadline:
            raise TooLong

    def check_before_long_work(self) -> None:
        """See StopFlag; raises TooLong too."""
        super().check_before_long_work()
        if self._deadline is not None:
            raise TooLong
