"""Ranges of code that an entry of debug information names."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable
from contractvm.ledger.dwarf.forms import ADDR, Encoding, Value
from contractvm.ledger.dwarf.line_program import DROPPED
from contractvm.ledger.dwarf.sections import (
    ADDRESSES,
    RANGE_LISTS,
    RANGES,
    Sections,
)

LOW_PC, HIGH_PC, RANGES_AT, ENTRY_PC = 0x11, 0x12, 0x55, 0x52
# DW_FORM_addrx, _addrx1 to _addrx4, _GNU_addr_index.
ADDRESS_INDICES = frozenset({0x1B, 0x29, 0x2A, 0x2B, 0x2C, 0x1F01})
RANGE_LIST_INDEX = 0x23
NEW_VERSION = 5
MAX_RANGES = 10_000
MAX_ADDRESS = (1 << 32) - 1

Range = tuple[int, int]


class Bases(NamedTuple):
    """What addresses and lists of a unit count from; `low` is its first address."""

    low: int = 0
    addresses: int = 8
    lists: int = 12


def ranges_of(
    sections: Sections, values: dict[int, Value], encoding: Encoding, bases: Bases
) -> list[Range]:
    """The ranges of an entry, in their own order; none where its code was dropped.

    Raises Unreadable, WorkUsedUp.
    """
    if LOW_PC in values and HIGH_PC in values:
        low = address_of(sections, values[LOW_PC], encoding, bases)
        high = values[HIGH_PC]
        if high.form == ADDR or high.form in ADDRESS_INDICES:
            end = address_of(sections, high, encoding, bases)
        else:
            end = low + high.number
        found = [(low, end)]
    elif RANGES_AT in values:
        reader = new_ranges if encoding.version >= NEW_VERSION else old_ranges
        found = list(reader(sections, values[RANGES_AT], encoding, bases))
    else:
        found = []
    return [
        (start, end)
        for start, end in found
        if start not in DROPPED and start < end <= MAX_ADDRESS
    ]


def address_of(
    sections: Sections, value: Value, encoding: Encoding, bases: Bases
) -> int:
    """An address, in place or by its number."""
    if value.form not in ADDRESS_INDICES:
        return value.number
    size = encoding.address_size
    return sections.cursor(ADDRESSES, bases.addresses + value.number * size).fixed(size)


def old_ranges(
    sections: Sections, value: Value, encoding: Encoding, bases: Bases
) -> Iterator[Range]:
    """A list of .debug_ranges: pairs that count from a base, up to two zeros."""
    size = encoding.address_size
    cursor = sections.cursor(RANGES, value.number)
    base, most = bases.low, (1 << 8 * size) - 1
    for _ in range(MAX_RANGES):
        start, end = cursor.fixed(size), cursor.fixed(size)
        if not start and not end:
            return
        if start == most:
            base = end
        else:
            yield base + start, base + end
    raise Unreadable(f"more than {MAX_RANGES} ranges")


def new_ranges(
    sections: Sections, value: Value, encoding: Encoding, bases: Bases
) -> Iterator[Range]:
    """A list of .debug_rnglists, up to its end."""
    place = value.number
    if value.form == RANGE_LIST_INDEX:
        size = encoding.offset_size
        offsets = sections.cursor(RANGE_LISTS, bases.lists + place * size)
        place = bases.lists + offsets.fixed(size)
    cursor = sections.cursor(RANGE_LISTS, place)
    base = bases.low

    def indexed() -> int:
        index = Value(min(ADDRESS_INDICES), cursor.uleb())
        return address_of(sections, index, encoding, bases)

    def plain() -> int:
        return cursor.fixed(encoding.address_size)

    for _ in range(MAX_RANGES):
        kind = cursor.fixed(1)
        if not kind:
            return
        if kind in {BASE_INDEX, BASE}:
            base = indexed() if kind == BASE_INDEX else plain()
        else:
            yield range_of(kind, base, cursor, (indexed, plain))
    raise Unreadable(f"more than {MAX_RANGES} ranges")


BASE_INDEX, START_END_INDEX, START_LENGTH_INDEX, OFFSETS = 1, 2, 3, 4
BASE, START_END, START_LENGTH = 5, 6, 7


def range_of(
    kind: int,
    base: int,
    cursor: Cursor,
    addresses: tuple[Callable[[], int], Callable[[], int]],
) -> Range:
    """One range of .debug_rnglists by its kind."""
    indexed, plain = addresses
    if kind == OFFSETS:
        return base + cursor.uleb(), base + cursor.uleb()
    if kind == START_END_INDEX:
        return indexed(), indexed()
    if kind == START_LENGTH_INDEX:
        start = indexed()
        return start, start + cursor.uleb()
    if kind == START_END:
        return plain(), plain()
    if kind == START_LENGTH:
        start = plain()
        return start, start + cursor.uleb()
    raise Unreadable(f"nothing is known of a range of kind {kind}")
