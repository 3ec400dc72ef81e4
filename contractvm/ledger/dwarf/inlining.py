"""Inlined calls: which ranges of code were another func's, and where it was called."""

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Unreadable, Work, WorkUsedUp
from contractvm.ledger.dwarf.entries import (
    INLINED,
    SUBPROGRAM,
    UNIT_REFERENCES,
    UNITS,
    Entry,
    UnitEntries,
    entries_of,
    entry_at,
    read_unit_headers,
)
from contractvm.ledger.dwarf.forms import REF_ADDR, Value
from contractvm.ledger.dwarf.line_table import FileNames, read_line_table
from contractvm.ledger.dwarf.ranges import (
    ENTRY_PC,
    LOW_PC,
    Bases,
    Range,
    address_of,
    ranges_of,
)
from contractvm.ledger.dwarf.sections import INFO, LINE, Sections, read_unit_length
from contractvm.ledger.dwarf.units import (
    COMP_DIR,
    STMT_LIST,
    STR_OFFSETS_BASE,
    Unit,
    default_unit,
)
from contractvm.ledger.rust_names import readable_name

NAME, LINKAGE_NAME, ORIGIN, SPECIFICATION = 0x03, 0x6E, 0x31, 0x47
DECL_FILE, DECL_LINE, CALL_FILE, CALL_LINE = 0x3A, 0x3B, 0x58, 0x59
ADDR_BASE, RNGLISTS_BASE = 0x73, 0x74
MANGLED = ("_Z", "_R")
MAX_WORK = 1_000_000
MAX_CALLS = 100_000
MAX_DEPTH = 16
# How often an entry may say that another one has its name.
MAX_STEPS = 4

Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class InlinedCall:
    """A call that was inlined: the func, its line, the ranges of its code.

    `called_at` is the line of the call. `entry` is the offset of its first instruction,
    `depth` how many inlined calls it is within. Offsets count from the content of the
    code section.
    """

    name: str
    declared_at: Line | None
    called_at: Line | None
    ranges: tuple[Range, ...]
    entry: int
    depth: int


class DeclaredFunc(NamedTuple):
    """A func with code of its own: its range, its name, and the line it begins at."""

    range: Range
    name: str
    declared_at: Line | None


@dataclass(slots=True)
class Inlining:
    """The inlined calls of a module, and its funcs by their ranges."""

    calls: list[InlinedCall] = field(default_factory=list)
    funcs: list[DeclaredFunc] = field(default_factory=list)

    def at(self, offset: int) -> list[InlinedCall]:
        """The calls whose code an instruction is, the innermost first."""
        found = [
            call
            for call in self.calls
            if any(start <= offset < end for start, end in call.ranges)
        ]
        return sorted(found, key=lambda call: -call.depth)[:MAX_DEPTH]

    def func_at(self, offset: int) -> DeclaredFunc | None:
        """The func around an offset; None where none is known."""
        index = bisect_right(self.funcs, offset, key=lambda func: func.range[0]) - 1
        found = self.funcs[index] if index >= 0 else None
        return found if found is not None and offset < found.range[1] else None


def read_inlining(contents: Mapping[str, bytes]) -> Inlining:
    """The inlined calls of debug information, as far as they can be read.

    Never raises, whatever the bytes are, and does a bounded amount of work.
    """
    found = Inlining()
    if INFO in contents:
        with suppress(Unreadable, WorkUsedUp):
            sections = Sections(dict(contents), Work(MAX_WORK))
            InliningReader(sections, found).read()
    found.funcs.sort(key=lambda func: func.range)
    return found


class InliningReader:
    """Reads the units of one module."""

    def __init__(self, sections: Sections, found: Inlining) -> None:
        self._sections = sections
        self._found = found
        self._units = read_unit_headers(sections)
        self._files: dict[int, FileNames | None] = {}
        self._entries: dict[int, dict[int, Value]] = {}

    def read(self) -> None:
        """Read all units; one that cannot be read does not affect the others."""
        for unit in self._units:
            with suppress(Unreadable):
                self._read_unit(unit)

    def _read_unit(self, unit: UnitEntries) -> None:
        bases = Bases()
        # The depths in the tree of the inlined calls around an entry.
        around: list[int] = []
        for entry in entries_of(self._sections, unit):
            if entry.tag in UNITS:
                bases = self._bases(unit, entry.values)
                continue
            while around and around[-1] >= entry.depth:
                around.pop()
            ranges = self._ranges(unit, entry, bases)
            if entry.tag == SUBPROGRAM and ranges:
                declared = self._name(unit, entry.values)
                self._found.funcs.append(DeclaredFunc(ranges[0], *declared))
            elif entry.tag == INLINED:
                if ranges and len(self._found.calls) < MAX_CALLS:
                    self._add(unit, entry, (ranges, bases), len(around))
                around.append(entry.depth)

    def _add(
        self,
        unit: UnitEntries,
        entry: Entry,
        place: tuple[list[Range], Bases],
        depth: int,
    ) -> None:
        ranges, bases = place
        values = entry.values
        start = ranges[0][0]
        if ENTRY_PC in values:
            told = values[ENTRY_PC]
            given = address_of(self._sections, told, unit.encoding, bases)
            # It may be an offset from the lowest address instead.
            start = given if given >= start else start + given
        name, declared_at = self._name(unit, values)
        called_at = self._line(unit, values, CALL_FILE, CALL_LINE)
        self._found.calls.append(
            InlinedCall(name, declared_at, called_at, tuple(ranges), start, depth)
        )

    def _ranges(self, unit: UnitEntries, entry: Entry, bases: Bases) -> list[Range]:
        return ranges_of(self._sections, entry.values, unit.encoding, bases)

    def _bases(self, unit: UnitEntries, values: dict[int, Value]) -> Bases:
        plain = Bases(0, *((8, 12) if unit.encoding.offset_size == 4 else (16, 20)))
        addresses, lists = values.get(ADDR_BASE), values.get(RNGLISTS_BASE)
        bases = Bases(
            0,
            plain.addresses if addresses is None else addresses.number,
            plain.lists if lists is None else lists.number,
        )
        low = values.get(LOW_PC)
        if low is None:
            return bases
        first = address_of(self._sections, low, unit.encoding, bases)
        return bases._replace(low=first)

    # Names

    def _name(
        self, unit: UnitEntries, values: dict[int, Value]
    ) -> tuple[str, Line | None]:
        """The name of a func and its line, which another entry may have."""
        name, line = "", None
        for _ in range(MAX_STEPS):
            name = name or self._own_name(unit, values)
            line = line or self._line(unit, values, DECL_FILE, DECL_LINE)
            reference = values.get(ORIGIN) or values.get(SPECIFICATION)
            if (name and line) or reference is None:
                break
            unit, place = self._target(unit, reference)
            values = self._entry(unit, place)
        return name or "?", line

    def _entry(self, unit: UnitEntries, place: int) -> dict[int, Value]:
        if place not in self._entries:
            self._entries[place] = entry_at(self._sections, unit, place)
        return self._entries[place]

    def _own_name(self, unit: UnitEntries, values: dict[int, Value]) -> str:
        linkage = readable_name(self._text(unit, values.get(LINKAGE_NAME)))
        if linkage and not linkage.startswith(MANGLED):
            return linkage
        return self._text(unit, values.get(NAME)) or linkage

    def _target(self, unit: UnitEntries, reference: Value) -> tuple[UnitEntries, int]:
        if reference.form in UNIT_REFERENCES:
            return unit, unit.start + reference.number
        if reference.form == REF_ADDR:
            for each in self._units:
                self._sections.work.spend(1)
                if each.first <= reference.number < each.end:
                    return each, reference.number
        raise Unreadable("an entry refers to none")

    def _text(self, unit: UnitEntries, value: Value | None) -> str:
        if value is None:
            return ""
        place = self._sections.text_place(
            value, INFO, self._texts_base(unit), unit.encoding
        )
        return self._sections.text(place)

    # Files

    def _line(
        self, unit: UnitEntries, values: dict[int, Value], file: int, line: int
    ) -> Line | None:
        if file not in values or line not in values or not values[line].number:
            return None
        if unit.start not in self._files:
            self._files[unit.start] = None
            with suppress(Unreadable):
                self._files[unit.start] = self._read_files(unit)
        names = self._files[unit.start]
        path = "" if names is None else names.name(values[file].number)
        return (path, values[line].number) if path else None

    def _texts_base(self, unit: UnitEntries) -> int:
        base = self._entry(unit, unit.first).get(STR_OFFSETS_BASE)
        plain = default_unit(unit.encoding.offset_size).texts_base
        return plain if base is None else base.number

    def _read_files(self, unit: UnitEntries) -> FileNames | None:
        root = self._entry(unit, unit.first)
        if STMT_LIST not in root:
            return None
        cursor = self._sections.cursor(LINE, root[STMT_LIST].number)
        length, offset_size = read_unit_length(cursor)
        if length > cursor.bytes_left:
            raise Unreadable("it is longer than there is room for it")
        cursor.end = cursor.position + length
        table = read_line_table(cursor, offset_size)
        folder = self._text(unit, root.get(COMP_DIR))
        return FileNames(table, Unit(folder, self._texts_base(unit)), self._sections)
