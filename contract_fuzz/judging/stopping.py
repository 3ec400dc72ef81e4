"""Stops of a campaign: between two cases, or in the middle of a long one.

A contract may compute for seconds, so a signal's handler ends the case that runs: the
interpreter lets handlers run inside its loop. Nothing of that case is kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Stop = Callable[[], bool]


class Abandoned(BaseException):
    """Raised by a signal's handler inside work that may be thrown away."""


class StopFlag:
    """Set by a signal; true from then on.

    Work that may be thrown away is done in `abandonable`; it ends at once.
    """

    def __init__(self) -> None:
        self.is_raised = False
        self.is_abandonable = False

    def raise_it(self, _: int = 0, __: FrameType | None = None) -> None:
        """For signal handlers."""
        self.is_raised = True
        if self.is_abandonable:
            self.is_abandonable = False
            raise Abandoned

    def __call__(self) -> bool:
        """True once the signal came."""
        return self.is_raised

    @contextmanager
    def abandonable(self) -> Iterator[None]:
        """Work that a signal ends; raises Abandoned."""
        try:
            self.is_abandonable = True
            yield
        finally:
            self.is_abandonable = False


def never() -> bool:
    """For chunks that run to their end."""
    return False


def flag_of(should_stop: Stop) -> StopFlag:
    """The flag itself, or for another function one that no signal raises."""
    return should_stop if isinstance(should_stop, StopFlag) else StopFlag()
