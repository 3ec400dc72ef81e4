"""Lines of source files, read only below the folders that may be read."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

MAX_SOURCE_BYTES = 1 << 20
MAX_LINE = 160


class SourceText:
    """Source files by the paths in debug information, which may be anything.

    They are looked for below each of `roots`, in order; what lies outside, or has more
    than a mebibyte, is not read.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = [root.resolve() for root in roots]
        self._lines: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str | None:
        """The text of a line, cut if it is long; None if it cannot be read."""
        if file not in self._lines:
            self._lines[file] = self._read(file)
        lines = self._lines[file]
        if not 1 <= number <= len(lines):
            return None
        return lines[number - 1][:MAX_LINE]

    def _read(self, file: str) -> list[str]:
        for root in self._roots:
            with suppress(OSError, ValueError):
                path = root.joinpath(file).resolve()
                if (
                    path.is_relative_to(root)
                    and path.is_file()
                    and path.stat().st_size <= MAX_SOURCE_BYTES
                ):
                    return path.read_text("utf-8", "replace").splitlines()
        return []
