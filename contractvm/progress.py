"""How long work tells whoever waits for it how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then while work goes on."""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        """`done` of `total` are done in this phase; None where nobody knows."""
        ...


def no_progress(phase: str, done: int, total: int | None) -> None:
    """For those who don't watch."""
