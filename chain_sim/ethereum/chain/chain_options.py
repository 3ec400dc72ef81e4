"""The options that every way to open a chain passes on."""

from typing import TypedDict


class ChainOptions(TypedDict, total=False):
    """See `Blockchain`, which explains them and has their defaults."""

    fork: str | None
    fees: str | None
    engine: str
    cross_check: bool
