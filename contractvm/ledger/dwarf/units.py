"""Compile units: the line table that each names, and the folder it was compiled in.

Of each unit the first entry is read and nothing else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable
from contractvm.ledger.dwarf.faults import Faults
from contractvm.ledger.dwarf.forms import IMPLICIT_CONST, Encoding, Value, read_value
from contractvm.ledger.dwarf.sections import (
    ABBREV,
    INFO,
    LINE,
    Sections,
    read_unit_length,
)

STMT_LIST, COMP_DIR, STR_OFFSETS_BASE = 0x10, 0x1B, 0x72
WANTED = (STMT_LIST, COMP_DIR, STR_OFFSETS_BASE)
VERSIONS = range(2, 6)
# DW_UT_type, _skeleton, _split_compile, _split_type: the bytes after their headers.
TYPE_UNITS, UNITS_WITH_ID = (2, 6), (2, 4, 5, 6)


class Unit(NamedTuple):
    """What a line table needs from its unit.

    `texts_base` is where its texts by number begin in .debug_str_offsets.
    """

    folder: str
    texts_base: int


class Attribute(NamedTuple):
    """One attribute of an abbreviation."""

    name: int
    form: int
    constant: int


def default_unit(offset_size: int) -> Unit:
    """The default for a table that no unit names."""
    return Unit("", 8 if offset_size == 4 else 16)


class UnitReader:
    """Reads the units of one module."""

    def __init__(self, sections: Sections) -> None:
        self._sections = sections

    def read(self, found: dict[int, Unit], faults: Faults) -> None:
        """Add the units by the offsets of their line tables, the first of each.

        Raises WorkUsedUp; what was read before is in `found`.
        """
        try:
            content = self._sections.content(INFO)
        except Unreadable:
            return  # line tables can be read without
        position = 0
        while position < len(content):
            start = position
            cursor = self._sections.cursor(INFO, position)
            try:
                length, offset_size = read_unit_length(cursor)
                position = cursor.position + length
                cursor.end = min(position, len(content))
                self._read_unit(cursor, offset_size, found)
            except Unreadable as reason:
                faults.add("unit", INFO, start, reason)
                if position == start:
                    return  # where the next one begins is not known

    def _read_unit(
        self, cursor: Cursor, offset_size: int, found: dict[int, Unit]
    ) -> None:
        encoding, abbreviations = read_header(cursor, offset_size)
        code = cursor.uleb()
        if not code:
            return
        values: dict[int, Value] = {}
        declared = self._sections.cursor(ABBREV, abbreviations)
        for name, form, constant in find_abbreviation(declared, code):
            if form == IMPLICIT_CONST:
                value = Value(form, constant)
            else:
                value = read_value(cursor, form, encoding)
            if name in WANTED:
                values.setdefault(name, value)
        table = values.get(STMT_LIST)
        if table is None or table.number in found:
            return
        if not 0 <= table.number < len(self._sections.content(LINE)):
            where = f"byte {table.number} of {LINE}"
            raise Unreadable(f"its line table would be at {where}, past its end")
        base = default_unit(offset_size).texts_base
        if STR_OFFSETS_BASE in values:
            base = values[STR_OFFSETS_BASE].number
        # The lines are worth having without the folder too.
        found[table.number] = Unit("", base)
        if COMP_DIR in values:
            place = self._sections.text_place(values[COMP_DIR], INFO, base, encoding)
            found[table.number] = Unit(self._sections.text(place), base)


def read_header(cursor: Cursor, offset_size: int) -> tuple[Encoding, int]:
    """The sizes of a unit's values, and where its abbreviations are."""
    version = cursor.fixed(2)
    if version not in VERSIONS:
        raise Unreadable(f"nothing is known of version {version}")
    if version < 5:
        abbreviations = cursor.fixed(offset_size)
        return Encoding(version, cursor.fixed(1), offset_size), abbreviations
    kind, address_size = cursor.fixed(1), cursor.fixed(1)
    abbreviations = cursor.fixed(offset_size)
    if kind in UNITS_WITH_ID:
        cursor.skip(8)
    if kind in TYPE_UNITS:
        cursor.skip(offset_size)
    return Encoding(version, address_size, offset_size), abbreviations


def find_abbreviation(cursor: Cursor, code: int) -> Iterator[Attribute]:
    """The attributes of the abbreviation of a code; it is nearly always the first."""
    while found := cursor.uleb():
        cursor.uleb()  # the entry's tag
        cursor.skip(1)  # whether it has children
        attributes = read_attributes(cursor)
        if found == code:
            return attributes
        for _ in attributes:
            pass
    raise Unreadable(f"there is no abbreviation {code}")


def read_attributes(cursor: Cursor) -> Iterator[Attribute]:
    """The attributes of one abbreviation, up to the zeros that end them."""
    while True:
        name, form = cursor.uleb(), cursor.uleb()
        if not name and not form:
            return
        constant = cursor.sleb() if form == IMPLICIT_CONST else 0
        yield Attribute(name, form, constant)
