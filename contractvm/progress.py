"""Progress callbacks for long operations."""

from typing import Protocol


class Progress(Protocol):
    """A callback for progress."""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        """Report that `done` of `total` are done in this phase; None if unknown."""
        ...


def no_progress(phase: str, done: int, total: int | None) -> None:
    """Ignore progress."""
