"""The faults of debug information that could not be read, as text."""


class Faults:
    """Keeps the first fault and counts the others."""

    def __init__(self) -> None:
        self._first: str | None = None
        self._count = 0

    def add(self, what: str, section: str, offset: int, reason: object) -> None:
        """Something at a byte of a section cannot be read."""
        self._count += 1
        if self._first is None:
            self._first = f"{what} at byte {offset} of {section}: {reason}"

    @property
    def text(self) -> str | None:
        """All faults on one line; None if there are none."""
        if self._first is None or self._count == 1:
            return self._first
        more = self._count - 1
        return f"{self._first}; and {more} more {'fault' if more == 1 else 'faults'}"
