"""A read-only check of the files of a LevelDB directory, without LevelDB.

Opening a damaged directory can make it worse: LevelDB takes a MANIFEST that was cut
short for an older one, and then deletes the tables that it does not name. So this runs
before each opening.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from chain_sim.database.leveldb.commit_mark import FILE_NAME as MARK_FILE
from chain_sim.database.leveldb.commit_mark import read_mark
from chain_sim.database.leveldb.log_format import read_log
from chain_sim.database.leveldb.manifest import Manifest
from chain_sim.database.leveldb.table_format import TableFault, table_faults
from chain_sim.database.leveldb.varints import UnreadableNumber

CURRENT = re.compile(rb"(MANIFEST-\d+)\n")
LOG_FILE = re.compile(r"(\d+)\.log")
BATCH_HEADER_BYTES = 12
NO_BATCH = -1


class FileReport(Struct, frozen=True):
    """One file that the database needs; intact if there are no faults."""

    name: str
    size_bytes: int
    faults: tuple[TableFault, ...]


def check_files(path: Path, *, is_thorough: bool = False) -> Iterator[FileReport]:
    """Each file of the database, with what is wrong with it.

    Of the tables only presence and size are looked at, unless `is_thorough`: LevelDB
    checks each of their blocks when it reads it. What cannot be found because the
    file that names it is damaged is left out.
    """
    mark = _read(path, MARK_FILE)
    if mark is not None and any(mark):
        is_whole = read_mark(mark) is not None
        yield _report(MARK_FILE, mark, None if is_whole else "is not a mark")
    current = _read(path, "CURRENT")
    found = None if current is None else CURRENT.fullmatch(current)
    if found is None:
        reason = "is missing" if current is None else "does not name a MANIFEST"
        yield _report("CURRENT", current or b"", reason)
        return
    yield _report("CURRENT", found[0], None)
    report, manifest = _read_manifest(path, found[1].decode())
    yield report
    if not report.faults:
        yield from _check_logs(path, report, manifest)
        yield from _check_tables(path, manifest, is_thorough)


def _read_manifest(path: Path, name: str) -> tuple[FileReport, Manifest]:
    manifest = Manifest()
    data = _read(path, name)
    if data is None:
        return _report(name, b"", "is missing"), manifest
    contents = read_log(data)
    if contents.fault is not None or not contents.records:
        reason = contents.fault or "holds no record"
        return _report(name, data, reason, contents.end), manifest
    try:
        for record in contents.records:
            manifest.apply(record)
    except UnreadableNumber:
        return _report(name, data, "record is not an edit"), manifest
    return _report(name, data, None), manifest


def _check_logs(
    path: Path, manifest_report: FileReport, manifest: Manifest
) -> Iterator[FileReport]:
    """The logs that count. The oldest is deleted only after an edit that says so."""
    names = {
        int(found[1]): entry.name
        for entry in path.iterdir()
        if (found := LOG_FILE.fullmatch(entry.name))
    }
    oldest = manifest.log_number
    if oldest and oldest not in names:
        reason = f"log {oldest:06}.log is missing, or this file was cut short"
        size = manifest_report.size_bytes
        yield _report_sized(manifest_report.name, size, reason, size)
    next_sequence: int | None = None
    for number in sorted(number for number in names if number >= oldest):
        data = _read(path, names[number]) or b""
        contents = read_log(data)
        fault: str | None = contents.fault
        end = contents.end
        if fault is None:
            fault, next_sequence = _follow(contents.records, next_sequence)
            end = 0
        yield _report(names[number], data, fault, end)


def _follow(
    records: Sequence[bytes], next_sequence: int | None
) -> tuple[str | None, int | None]:
    """The fault if the batches don't follow each other; the number after the last.

    Each batch begins with its first entry's number and the count of its entries, and
    no number is ever left out, also from one log to the next. A log with no batch is
    the last: it is full before the next is begun.
    """
    for record in records:
        if len(record) < BATCH_HEADER_BYTES:
            return "record is not a batch", None
        sequence = int.from_bytes(record[:8], "little")
        if next_sequence not in (None, sequence):
            return "batches before one in it are missing", None
        next_sequence = sequence + int.from_bytes(record[8:12], "little")
    return None, NO_BATCH if next_sequence is None else next_sequence


def _check_tables(
    path: Path, manifest: Manifest, is_thorough: bool
) -> Iterator[FileReport]:
    for number, size in sorted(manifest.table_sizes.items()):
        place = _table_path(path, number)
        if place is None:
            yield _report(f"{number:06}.ldb", b"", "is missing")
            continue
        actual = place.stat().st_size
        if actual != size:
            reason = f"has {actual} bytes, not {size}"
            yield _report_sized(place.name, actual, reason, min(actual, size))
            continue
        faults = tuple(table_faults(place.read_bytes())) if is_thorough else ()
        yield FileReport(place.name, actual, faults)


def _table_path(path: Path, number: int) -> Path | None:
    for suffix in ("ldb", "sst"):
        place = path.joinpath(f"{number:06}.{suffix}")
        if place.is_file():
            return place
    return None


def _read(path: Path, name: str) -> bytes | None:
    try:
        return path.joinpath(name).read_bytes()
    except FileNotFoundError:
        return None


def _report(name: str, data: bytes, reason: str | None, offset: int = 0) -> FileReport:
    faults = () if reason is None else (TableFault(offset, reason),)
    return FileReport(name, len(data), faults)


def _report_sized(name: str, size: int, reason: str, offset: int) -> FileReport:
    return FileReport(name, size, (TableFault(offset, reason),))
