"""A flag that any thread can set to end the calls of an instance."""

from contractvm.errors import Stopped


class StopFlag:
    """Ends the calls of the instances that have it, soon after it is set.

    The interpreter looks at it about once a millisecond, wasmtime's code at each tick
    of its clock (50 ms), and both after each call of a host function, which itself is
    never interrupted.
    """

    __slots__ = ("_reason",)

    def __init__(self) -> None:
        self._reason: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether calls are to end."""
        return self._reason is not None

    def set(self, reason: str) -> None:
        """End the calls; the first reason given is the one that they report."""
        if self._reason is None:
            self._reason = reason

    def check(self) -> None:
        """Raise Stopped if the flag is set."""
        if self._reason is not None:
            raise Stopped(self._reason)

    def check_before_long_work(self) -> None:
        """As `check`, before work of the host that cannot be interrupted."""
        self.check()
