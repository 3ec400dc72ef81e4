"""Wall-clock ticks of interval mining, the one thing that no request starts."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable


class Ticks:
    """Calls `tick` every `interval` seconds; None is never."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        interval: Callable[[], float | None],
        tick: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._interval = interval
        self._tick = tick
        self._seconds: float | None = None
        self._timer: TimerHandle | None = None

    def follow(self) -> None:
        """Begin again if the interval has changed."""
        if self._interval() != self._seconds:
            self.stop()
            self._seconds = self._interval()
            self._start()

    def stop(self) -> None:
        """No more ticks until the interval changes."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        if self._seconds is not None:
            self._timer = self._loop.call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._tick()
        self._start()
