"""The reader of all line tables of a module, as far as they can be read."""

from bisect import bisect_right
from dataclasses import dataclass

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable, Work, WorkUsedUp
from contractvm.ledger.dwarf.faults import Faults
from contractvm.ledger.dwarf.line_program import LineProgram, Rows
from contractvm.ledger.dwarf.line_table import FileNames, read_line_table
from contractvm.ledger.dwarf.sections import INFO, LINE, Sections, read_unit_length
from contractvm.ledger.dwarf.units import Unit, UnitReader, default_unit

# What compilers write takes less than two for each byte, and names come on top.
BASE_WORK = 1_000_000
WORK_PER_BYTE = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows that were read; `fault` says what could not be, None if all was."""

    rows: Rows
    fault: str | None
    work_done: int


def read_debug_information(contents: dict[str, bytes]) -> Reading:
    """Read the sections by name; never raises, whatever their bytes are.

    Time and memory are linear in the sections' size. Line tables follow each other, so
    each of their bytes is read once, whatever units say; after a damaged table the next
    one is found by its unit.
    """
    rows, faults = Rows(), Faults()
    if LINE not in contents:
        return Reading(rows, f"it has no {LINE}" if contents else None, 0)
    size = sum(map(len, contents.values()))
    allowed = BASE_WORK + WORK_PER_BYTE * size
    work = Work(allowed)
    sections = Sections(contents, work)
    units = read_units(sections, faults)
    read_tables(sections, units, rows, faults)
    fault = faults.text
    if fault is None and not rows.sequences:
        fault = f"its {LINE} has no lines"
    return Reading(rows, fault, allowed - work.left)


def read_units(sections: Sections, faults: Faults) -> dict[int, Unit]:
    """The units by the offsets of their line tables.

    They may use half of the work limit: lines are useful without them.
    """
    found: dict[int, Unit] = {}
    kept = sections.work.left // 2
    sections.work.left -= kept
    try:
        UnitReader(sections).read(found, faults)
    except WorkUsedUp as reason:
        faults.add("what is", INFO, 0, reason)
    sections.work.left += kept
    return found


def read_tables(
    sections: Sections, units: dict[int, Unit], rows: Rows, faults: Faults
) -> None:
    """Add the rows of all tables. None reaches into one that a unit names."""
    size = len(sections.content(LINE))
    starts = sorted(units)
    position = 0
    while position < size:
        start = position
        following = bisect_right(starts, start)
        limit = starts[following] if following < len(starts) else size
        cursor = sections.cursor(LINE, start, limit)
        position = limit
        try:
            length, offset_size = read_unit_length(cursor)
            is_cut = length > cursor.bytes_left
            if not is_cut:
                position = cursor.end = cursor.position + length
            if length:  # else bytes between tables
                read_table(cursor, offset_size, units.get(start), sections, rows)
            if is_cut:
                raise Unreadable("it is longer than there is room for it")
        except Unreadable as reason:
            faults.add("line table", LINE, start, reason)
        except WorkUsedUp as reason:
            faults.add("line table", LINE, start, reason)
            return


def read_table(
    cursor: Cursor,
    offset_size: int,
    unit: Unit | None,
    sections: Sections,
    rows: Rows,
) -> None:
    """Add the rows of one table; the cursor is after its length."""
    table = read_line_table(cursor, offset_size)
    names = FileNames(table, unit or default_unit(offset_size), sections)
    cursor.position, cursor.end = table.program, table.end
    LineProgram(table, cursor, names.name, rows).run()
