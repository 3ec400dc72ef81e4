"""The result of an oracle on one module."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`calls` were compared; `difference` is the first one, as a text.

    `skipped` says why a module was not for this oracle.
    """

    calls: int = 0
    difference: str | None = None
    skipped: str | None = None
