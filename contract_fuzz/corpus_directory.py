"""A corpus on disk: one file for an entry, named by its content.

A file is written beside its place and moved there, so that none is ever half an entry.
What is damaged or something else is named and left where it is.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_fuzz.errors import InvalidEntry
from contract_fuzz.sequences import (
    Transactions,
    read_sequence,
    sequence_documents,
    sequence_name,
)

FORMAT = "contractvm fuzz entry 1"
STATE_FORMAT = "contractvm fuzz campaign 1"
STATE_NAME = "campaign.json"
OWN_NAME = re.compile(r"[0-9a-f]{16}\.json")
MAX_ENTRY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the directory that is no entry, and why."""

    name: str
    reason: str


class CorpusDirectory:
    """The entries of one directory, which is made where it is absent."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def load(self) -> tuple[list[Transactions], list[SkippedFile]]:
        """All entries, and what was skipped: each in the order of names."""
        found: dict[str, Transactions] = {}
        skipped = []
        for path in sorted(self.path.iterdir(), key=lambda path: path.name):
            if path.name == STATE_NAME:
                continue
            try:
                transactions = read_entry(path)
            except (InvalidEntry, OSError) as error:
                skipped.append(SkippedFile(path.name, _reason(error)))
                continue
            found.setdefault(sequence_name(transactions), transactions)
        return list(found.values()), skipped

    def write(self, entries: Iterable[Transactions]) -> None:
        """Write those that are not there, and remove ours that are not among them."""
        wanted = {f"{sequence_name(entry)}.json": entry for entry in entries}
        for name, transactions in wanted.items():
            if not self.path.joinpath(name).exists():
                document = {
                    "format": FORMAT,
                    "transactions": sequence_documents(transactions),
                }
                write_whole(self.path.joinpath(name), document)
        for path in list(self.path.iterdir()):
            if OWN_NAME.fullmatch(path.name) and path.name not in wanted:
                self._remove(path)

    def next_case(self, seed: int) -> int:
        """The first case of this seed that no campaign here has run."""
        cases = self._next_cases()
        return cases.get(str(seed), 0)

    def keep_next_case(self, seed: int, number: int) -> None:
        """Note that cases of this seed below `number` are done."""
        cases = {**self._next_cases(), str(seed): number}
        write_whole(
            self.path.joinpath(STATE_NAME),
            {"format": STATE_FORMAT, "nextCases": dict(sorted(cases.items()))},
        )

    def _next_cases(self) -> dict[str, int]:
        try:
            document = json.loads(self.path.joinpath(STATE_NAME).read_bytes())
            cases = document["nextCases"]
            is_ours = document["format"] == STATE_FORMAT and all(
                type(number) is int and 0 <= number < 1 << 63
                for number in cases.values()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
        return cases if is_ours else {}

    def _remove(self, path: Path) -> None:
        """Remove an entry of ours; a damaged one is evidence, and stays."""
        try:
            read_entry(path)
        except (InvalidEntry, OSError):
            return
        path.unlink(missing_ok=True)


def write_whole(path: Path, document: Any) -> None:
    """Write JSON to a file that is there as a whole, or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(document, indent=2) + "\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_entry(path: Path) -> Transactions:
    """The entry in a file; raises InvalidEntry and OSError."""
    if not path.is_file():
        raise InvalidEntry("not a regular file")
    if path.stat().st_size > MAX_ENTRY_BYTES:
        raise InvalidEntry(f"more than {MAX_ENTRY_BYTES} bytes")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidEntry("not JSON") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidEntry(f"its format is not {FORMAT!r}")
    transactions = read_sequence(document.get("transactions"))
    if OWN_NAME.fullmatch(path.name):
        name = sequence_name(transactions)
        if path.stem != name:
            raise InvalidEntry(f"its content is that of {name}.json")
    return transactions


def _reason(error: InvalidEntry | OSError) -> str:
    if isinstance(error, InvalidEntry):
        return error.reason
    return (error.strerror or str(error)).lower()
