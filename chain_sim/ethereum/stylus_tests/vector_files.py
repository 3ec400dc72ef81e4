"""Strict reading of the vectors' CSV files."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from chain_sim.ethereum.primitives.errors import ChainError
from gas_schedule.bounded_files import read_bounded

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_MODULE_BYTES = 1024 * 1024


class InvalidStylusVectors(ChainError):
    """A file of the vectors is not what it should be; `row` is None for the file."""

    def __init__(self, path: Path, row: int | None, reason: str) -> None:
        where = str(path) if row is None else f"{path}: row {row}"
        super().__init__(f"{where}: {reason}")
        self.path = path
        self.row = row
        self.reason = reason


class VectorRow:
    """A row of a file: text by column, and what that stands for."""

    def __init__(self, path: Path, row: int, columns: Mapping[str, str]) -> None:
        self.path = path
        self.row = row
        self.columns = columns

    def refused(self, reason: str) -> InvalidStylusVectors:
        """The error to raise about this row."""
        return InvalidStylusVectors(self.path, self.row, reason)

    def __getitem__(self, column: str) -> str:
        if column not in self.columns or self.columns[column] is None:
            raise self.refused(f"no column {column}")
        return self.columns[column]

    def number(self, column: str) -> int:
        """A number of at most 19 decimal digits."""
        text = self[column]
        if not (text.isascii() and text.isdecimal() and len(text) < 20):
            raise self.refused(f"{column} is {text[:40]!r}, not a number")
        return int(text)

    def data(self, column: str) -> bytes:
        """Bytes in hexadecimal."""
        try:
            return bytes.fromhex(self[column])
        except ValueError:
            raise self.refused(f"{column} is not hexadecimal") from None


def read_text(path: Path) -> str:
    """A file of text; raises InvalidStylusVectors."""
    return _read(path, MAX_FILE_BYTES).decode("utf-8", errors="replace")


def read_module(path: Path) -> bytes:
    """A module; raises InvalidStylusVectors."""
    return _read(path, MAX_MODULE_BYTES)


def _read(path: Path, most: int) -> bytes:
    try:
        content = read_bounded(path, most)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidStylusVectors(path, None, reason) from error
    if len(content) > most:
        raise InvalidStylusVectors(path, None, f"larger than {most} bytes")
    return content


def read_rows(path: Path) -> Iterator[VectorRow]:
    """The rows of a CSV file, numbered from 1."""
    lines = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        for number, columns in enumerate(lines, start=1):
            yield VectorRow(path, number, columns)
    except csv.Error as error:
        raise InvalidStylusVectors(path, None, str(error)) from error
