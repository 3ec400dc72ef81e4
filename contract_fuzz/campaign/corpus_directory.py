"""A corpus on disk: one file per entry, named by its content.

Files are written to a temporary file and renamed atomically. Damaged and foreign files
are reported and left alone.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain_sim.ethereum.documents.whole_files import write_whole
from chain_sim.ethereum.primitives.strict_json import TOP, decode_text, parse_json
from contract_fuzz.cases.sequences import (
    ReadTransaction,
    Transactions,
    read_call,
    read_sequence,
    sequence_documents,
    sequence_name,
)
from contract_fuzz.errors import InvalidEntry
from gas_schedule.bounded_files import read_bounded

FORMAT = "contractvm fuzz entry 1"
STATE_FORMAT = "contractvm fuzz campaign 1"
STATE_NAME = "campaign.json"
OWN_NAME = re.compile(r"[0-9a-f]{16}\.json")
MAX_ENTRY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the directory that is not an entry, and why."""

    name: str
    reason: str


class CorpusDirectory:
    """The entries of one directory, created if missing.

    It belongs to the contract it was first used for, identified by `code_hash`:
    campaigns on another contract or version remove no existing entry.
    """

    def __init__(
        self,
        path: Path,
        code_hash: str = "",
        read_transaction: ReadTransaction = read_call,
    ) -> None:
        self.path = path
        self._read_transaction = read_transaction
        self._code_hash = code_hash
        path.mkdir(parents=True, exist_ok=True)
        self._state = _read_state(path.joinpath(STATE_NAME))
        self.is_of_another = self._state["codeHash"] not in ("", code_hash)
        self._kept: set[str] = set()
        if self.is_of_another:
            self._kept = {entry.name for entry in path.iterdir()}

    def load(self) -> tuple[list[Transactions], list[SkippedFile]]:
        """All entries, and the skipped files, each in the order of names."""
        found: dict[str, Transactions] = {}
        skipped = []
        for path in sorted(self.path.iterdir(), key=lambda path: path.name):
            if path.name == STATE_NAME:
                continue
            try:
                transactions = read_entry(path, self._read_transaction)
            except (InvalidEntry, OSError) as error:
                skipped.append(SkippedFile(path.name, _reason(error)))
                continue
            found.setdefault(sequence_name(transactions), transactions)
        return list(found.values()), skipped

    def write(self, entries: Iterable[Transactions]) -> None:
        """Write the missing entries, and remove our files that are not among them."""
        wanted = {f"{sequence_name(entry)}.json": entry for entry in entries}
        for name, transactions in wanted.items():
            if not self.path.joinpath(name).exists():
                document = {
                    "format": FORMAT,
                    "transactions": sequence_documents(transactions),
                }
                write_document(self.path.joinpath(name), document)
        for path in list(self.path.iterdir()):
            is_needed = path.name in wanted or path.name in self._kept
            if OWN_NAME.fullmatch(path.name) and not is_needed:
                self._remove(path)

    def next_case(self, seed: int) -> int:
        """The first case of this seed that no campaign here has run."""
        number: int = self._state["nextCases"].get(str(seed), 0)
        return number

    def keep_next_case(self, seed: int, number: int) -> None:
        """Note that cases of this seed below `number` are done."""
        self._state["nextCases"][str(seed)] = number
        write_document(
            self.path.joinpath(STATE_NAME),
            {
                "format": STATE_FORMAT,
                "codeHash": self._state["codeHash"] or self._code_hash,
                "nextCases": dict(sorted(self._state["nextCases"].items())),
            },
        )

    def _remove(self, path: Path) -> None:
        """Remove an entry of this format; a damaged one is evidence, and stays."""
        try:
            read_entry(path, self._read_transaction)
        except (InvalidEntry, OSError):
            return
        path.unlink(missing_ok=True)


def write_document(path: Path, document: Any) -> None:
    """Write JSON to a file atomically."""
    write_whole(path, json.dumps(document, indent=2) + "\n", is_synced=False)


def _read_state(path: Path) -> dict[str, Any]:
    """The campaign's saved state; empty if the file is damaged."""
    nothing: dict[str, Any] = {"codeHash": "", "nextCases": {}}
    try:
        content = read_bounded(path, MAX_ENTRY_BYTES)
        document: Any = parse_json(decode_text(content, _refusal), _refusal)
        cases, code_hash = document["nextCases"], document["codeHash"]
        is_ours = document["format"] == STATE_FORMAT and all(
            type(number) is int and 0 <= number < 1 << 63 for number in cases.values()
        )
    except (InvalidEntry, OSError, KeyError, TypeError, AttributeError):
        return nothing
    if not is_ours or not isinstance(code_hash, str):
        return nothing
    return {"codeHash": code_hash, "nextCases": cases}


def read_entry(
    path: Path, read_transaction: ReadTransaction = read_call
) -> Transactions:
    """The entry in a file; raises InvalidEntry and OSError."""
    if not path.is_file():
        raise InvalidEntry("not a regular file")
    if path.stat().st_size > MAX_ENTRY_BYTES:
        raise InvalidEntry(f"more than {MAX_ENTRY_BYTES} bytes")
    content = read_bounded(path, MAX_ENTRY_BYTES)
    document = parse_json(decode_text(content, _refusal), _refusal)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidEntry(f"its format is not {FORMAT!r}")
    transactions = read_sequence(document.get("transactions"), read_transaction)
    if OWN_NAME.fullmatch(path.name):
        name = sequence_name(transactions)
        if path.stem != name:
            raise InvalidEntry(f"its content is that of {name}.json")
    return transactions


def _refusal(place: str, reason: str) -> InvalidEntry:
    return InvalidEntry(
        reason.partition(":")[0] if place == TOP else f"{place}: {reason}"
    )


def _reason(error: InvalidEntry | OSError) -> str:
    if isinstance(error, InvalidEntry):
        return error.reason
    return (error.strerror or str(error)).lower()
