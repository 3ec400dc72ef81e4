"""Checks of a database: files, then blocks, and advice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain_sim.database.errors import DatabaseDamaged, DatabaseNotFound
from chain_sim.database.leveldb.commit_mark import CommitMark
from chain_sim.database.leveldb.file_check import FileReport, check_files
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.blocks.ancestry import (
    edited_roots,
    heads,
    snapshots,
    whole_blocks,
)
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.maintenance.block_check import BlockChecker, BlockVerdict
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.state.state_walk import BadEntry, wrong_preimages
from contractvm.progress import Progress

RESTORE = "restore the directory from a copy, or begin a new chain in another with --db"


@dataclass(frozen=True, slots=True)
class Findings:
    """The files and blocks that were checked.

    `refusal` says why the database could not be opened; then no block was checked.
    `wrong_preimages` are hashes whose entry has another hash.
    """

    files: tuple[FileReport, ...]
    blocks: tuple[BlockVerdict, ...]
    entry_count: int
    refusal: str | None
    wrong_preimages: tuple[bytes, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether no fault was found."""
        return not (
            self.refusal
            or self.damaged_files
            or self.damaged_blocks
            or self.wrong_preimages
        )

    @property
    def damaged_files(self) -> list[FileReport]:
        """Files with a fault."""
        return [report for report in self.files if report.faults]

    @property
    def damaged_blocks(self) -> list[BlockVerdict]:
        """Blocks that cannot be relied on."""
        return [verdict for verdict in self.blocks if verdict.fault is not None]

    @property
    def whole_numbers(self) -> list[int]:
        """Numbers of the blocks that are whole, in ascending order."""
        return sorted(
            verdict.number
            for verdict in self.blocks
            if verdict.fault is None and verdict.number is not None
        )


def check_database(path: Path, is_head_only: bool, progress: Progress) -> Findings:
    """Check files and entries; raises DatabaseNotFound if there is no chain."""
    files = _check_files(path, progress)
    try:
        with LevelDatabase(path, read_only=True) as database:
            checker = BlockChecker(database, progress)
            tips = heads(database)
            if not tips:
                raise DatabaseNotFound(str(path))
            wanted = dict.fromkeys(tips)
            if not is_head_only:
                wanted |= dict.fromkeys(snapshots(database))
                wanted |= dict.fromkeys(whole_blocks(database))
            verdicts = sorted(checker.check(wanted), key=lambda one: one.number or 0)
            checker.check_edited(edited_roots(database, ()))
            BlockStore(database).head_number()
            wrong = () if is_head_only else tuple(wrong_preimages(database))
    except DatabaseDamaged as error:
        return Findings(files, (), 0, str(error))
    return Findings(files, tuple(verdicts), checker.entry_count, None, wrong)


def _check_files(path: Path, progress: Progress) -> tuple[FileReport, ...]:
    if not path.joinpath("CURRENT").exists():
        return ()
    reports = []
    mark = CommitMark(path, is_reader=True)
    try:
        for done, report in enumerate(check_files(path, is_thorough=True)):
            reports.append(report)
            progress("files", done + 1, None)
    finally:
        mark.close()
    return tuple(reports)


def check_lines(findings: Findings) -> dict[str, object]:
    """The findings as text."""
    damaged = [
        f"{report.name} at byte {fault.offset}: {fault.reason}{_held(fault)}"
        for report in findings.damaged_files
        for fault in report.faults
    ]
    whole = [report.name for report in findings.files if not report.faults]
    return {
        "database": "whole" if findings.is_whole else "damaged",
        "files": f"{len(whole)} of {len(findings.files)} whole",
        "damaged files": damaged,
        "whole files": whole if damaged else None,
        "not opened": findings.refusal,
        "blocks": f"{len(findings.whole_numbers)} of {len(findings.blocks)} whole,"
        f" {findings.entry_count} nodes and codes read",
        "whole blocks": ranges(findings.whole_numbers) or None,
        "damaged blocks": [
            f"{verdict.number}: {verdict.fault}" for verdict in findings.damaged_blocks
        ],
        "bad preimages": [format_data(one) for one in findings.wrong_preimages],
        "how to go on": advice(findings),
    }


def check_document(findings: Findings) -> dict[str, Any]:
    """The findings as a JSON document; `firstBad` is None if all is whole."""
    damaged = findings.damaged_blocks
    return {
        "whole": findings.is_whole,
        "files": [
            {
                "name": report.name,
                "bytes": report.size_bytes,
                "faults": [
                    {
                        "offset": fault.offset,
                        "reason": fault.reason,
                        "firstKey": _hex(fault.first),
                        "lastKey": _hex(fault.last),
                    }
                    for fault in report.faults
                ],
            }
            for report in findings.files
        ],
        "refusal": findings.refusal,
        "wholeBlocks": len(findings.whole_numbers),
        "wholeRanges": ranges(findings.whole_numbers),
        "entriesRead": findings.entry_count,
        "damagedBlocks": [_verdict_document(verdict) for verdict in damaged],
        "badPreimages": [format_data(one) for one in findings.wrong_preimages],
        "firstBad": _verdict_document(damaged[0]) if damaged else None,
        "advice": advice(findings),
    }


def _verdict_document(verdict: BlockVerdict) -> dict[str, Any]:
    fault = verdict.fault
    bad = fault if isinstance(fault, BadEntry) else None
    return {
        "number": verdict.number,
        "hash": format_data(verdict.block_hash),
        "reason": str(fault),
        "key": None if fault is None else _hex(fault.key),
        "path": None if bad is None else bad.nibbles,
        "account": None if bad is None else _hex(bad.account),
    }


def advice(findings: Findings) -> str | None:
    """What to do; None if no fault was found."""
    if findings.is_whole:
        return None
    whole = findings.whole_numbers
    if findings.refusal or not whole:
        return RESTORE
    if not findings.damaged_blocks:
        return f"every block can be read, but the disk is not to be trusted: {RESTORE}"
    return (
        f"blocks {', '.join(ranges(whole))} can still be read, with --db as it is;"
        f" to go on, {RESTORE}"
    )


def ranges(numbers: list[int]) -> list[str]:
    """`["0-41", "43"]` for numbers in ascending order."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [f"{a}" if a == b else f"{a}-{b}" for a, b in found]


def _held(fault: Any) -> str:
    if fault.last is None:
        return ""
    first = "the first" if fault.first is None else _hex(fault.first)
    return f"; holds the entries from {first} to {_hex(fault.last)}"


def _hex(data: bytes | None) -> str | None:
    return None if data is None else format_data(data)
