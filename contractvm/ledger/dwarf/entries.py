"""Entries of debug information that describe inlined calls, unit by unit."""

from collections.abc import Iterator
from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable
from contractvm.ledger.dwarf.forms import (
    IMPLICIT_CONST,
    Encoding,
    Value,
    read_value,
    size_of,
)
from contractvm.ledger.dwarf.sections import ABBREV, INFO, Sections, read_unit_length
from contractvm.ledger.dwarf.units import Attribute, read_attributes, read_header

SUBPROGRAM, INLINED = 0x2E, 0x1D
COMPILE_UNIT, PARTIAL_UNIT, SKELETON_UNIT = 0x11, 0x3C, 0x4A
UNITS = frozenset({COMPILE_UNIT, PARTIAL_UNIT, SKELETON_UNIT})
TAGS = frozenset({SUBPROGRAM, INLINED}) | UNITS
MAX_UNITS = 10_000
# References that count from the unit; DW_FORM_ref_addr counts from the section.
UNIT_REFERENCES = frozenset({0x11, 0x12, 0x13, 0x14, 0x15})


class Abbreviation(NamedTuple):
    """What entries of one code have; `size` is that of all values, if it is fixed."""

    tag: int
    has_children: bool
    attributes: tuple[Attribute, ...]
    size: int | None


class UnitEntries(NamedTuple):
    """A unit: where its entries are, and how they are written."""

    start: int
    first: int
    end: int
    encoding: Encoding
    abbreviations: dict[int, Abbreviation]


class Entry(NamedTuple):
    """An entry: its depth below the unit, its tag, its values by attribute."""

    depth: int
    tag: int
    values: dict[int, Value]


def read_unit_headers(sections: Sections) -> list[UnitEntries]:
    """All units, as far as they can be read; raises WorkUsedUp."""
    units: list[UnitEntries] = []
    tables: dict[tuple[int, Encoding], dict[int, Abbreviation]] = {}
    position, size = 0, len(sections.content(INFO))
    while position < size and len(units) < MAX_UNITS:
        start = position
        cursor = sections.cursor(INFO, position)
        try:
            length, offset_size = read_unit_length(cursor)
            position = cursor.position + length
            cursor.end = min(position, size)
            encoding, place = read_header(cursor, offset_size)
            key = place, encoding
            if key not in tables:
                tables[key] = read_abbreviations(sections, place, encoding)
            first, end = cursor.position, cursor.end
            units.append(UnitEntries(start, first, end, encoding, tables[key]))
        except Unreadable:
            if position == start:
                break  # where the next one begins is not known
    return units


def read_abbreviations(
    sections: Sections, place: int, encoding: Encoding
) -> dict[int, Abbreviation]:
    """The abbreviations of a table by their codes."""
    cursor = sections.cursor(ABBREV, place)
    found: dict[int, Abbreviation] = {}
    while code := cursor.uleb():
        tag, has_children = cursor.uleb(), bool(cursor.fixed(1))
        attributes = tuple(read_attributes(cursor))
        sizes = [
            0 if each.form == IMPLICIT_CONST else size_of(each.form, encoding)
            for each in attributes
        ]
        known = [size for size in sizes if size is not None]
        size = sum(known) if len(known) == len(sizes) else None
        found[code] = Abbreviation(tag, has_children, attributes, size)
    return found


def entries_of(sections: Sections, unit: UnitEntries) -> Iterator[Entry]:
    """The entries of a unit that have a tag of TAGS; raises Unreadable, WorkUsedUp."""
    cursor = sections.cursor(INFO, unit.first, unit.end)
    depth = 0
    while cursor.position < unit.end:
        code = cursor.uleb()
        if not code:
            depth -= 1
            if depth <= 0:
                return
            continue
        found = abbreviation(unit, code)
        if found.tag in TAGS:
            yield Entry(depth, found.tag, read_values(cursor, found, unit.encoding))
        elif found.size is not None:
            cursor.skip(found.size)
        else:
            read_values(cursor, found, unit.encoding)
        if found.has_children:
            depth += 1
        elif not depth:
            return


def entry_at(sections: Sections, unit: UnitEntries, place: int) -> dict[int, Value]:
    """The values of the entry at a place of a unit; raises Unreadable, WorkUsedUp."""
    if not unit.first <= place < unit.end:
        raise Unreadable(f"byte {place} is outside its unit")
    cursor = sections.cursor(INFO, place, unit.end)
    return read_values(cursor, abbreviation(unit, cursor.uleb()), unit.encoding)


def abbreviation(unit: UnitEntries, code: int) -> Abbreviation:
    """The abbreviation of a code; raises Unreadable if there is none."""
    found = unit.abbreviations.get(code)
    if found is None:
        raise Unreadable(f"there is no abbreviation {code}")
    return found


def read_values(
    cursor: Cursor, found: Abbreviation, encoding: Encoding
) -> dict[int, Value]:
    """The values of an entry by attribute."""
    return {
        name: Value(form, constant)
        if form == IMPLICIT_CONST
        else read_value(cursor, form, encoding)
        for name, form, constant in found.attributes
    }
