"""Errors about gas schedules: the file, or the name that was asked for."""

from pathlib import Path


class ScheduleError(Exception):
    """A schedule file breaks a rule of the format.

    `key` is the dotted place in the file, "" for the whole file; `line` counts from 1
    and is None if no line can be named, as for a missing key.
    """

    def __init__(
        self, reason: str, path: Path, key: str = "", line: int | None = None
    ) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {key}: {reason}" if key else f"{place}: {reason}")
        self.reason = reason
        self.path = path
        self.key = key
        self.line = line


class UnknownSchedule(Exception):
    """No released schedule has this name, and it does not look like a path."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"no gas schedule named {name!r}; known: {', '.join(known)}"
            " (or give the path of a .toml file)"
        )
        self.name = name
        self.known = known
