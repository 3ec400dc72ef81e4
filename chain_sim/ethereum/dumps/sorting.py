"""Sorting more than fits in memory: runs in temporary files, then merged."""

import heapq
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

RECORDS_IN_MEMORY = 100_000
RECORDS_PER_READ = 1_000


class RecordSorter:
    """Records of one width, given in any order and read in ascending order, once.

    What does not fit in memory goes to files without a name in `folder`.
    """

    def __init__(
        self, width: int, folder: Path, in_memory: int = RECORDS_IN_MEMORY
    ) -> None:
        self.count = 0
        self._width = width
        self._folder = folder
        self._in_memory = in_memory
        self._records: list[bytes] = []
        self._runs: list[IO[bytes]] = []

    def add(self, record: bytes) -> None:
        """Take a record in."""
        self.count += 1
        self._records.append(record)
        if len(self._records) >= self._in_memory:
            self._records.sort()
            run: IO[bytes] = TemporaryFile(dir=self._folder)  # noqa: SIM115 (closed below)
            self._runs.append(run)
            run.write(b"".join(self._records))
            self._records = []

    def __iter__(self) -> Iterator[bytes]:
        self._records.sort()
        runs = [self._read(run) for run in self._runs]
        return heapq.merge(*runs, self._records)

    def close(self) -> None:
        """Let go of the files."""
        for run in self._runs:
            run.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, run: IO[bytes]) -> Iterator[bytes]:
        run.seek(0)
        while chunk := run.read(self._width * RECORDS_PER_READ):
            for start in range(0, len(chunk), self._width):
                yield chunk[start : start + self._width]
