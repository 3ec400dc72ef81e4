"""Lists of ranges of both forms: bases, dropped code, and the end."""

import struct

import pytest

from contractvm.ledger.dwarf.cursor import Unreadable, Work
from contractvm.ledger.dwarf.forms import Encoding, Value
from contractvm.ledger.dwarf.ranges import (
    HIGH_PC,
    LOW_PC,
    MAX_RANGES,
    RANGE_LIST_INDEX,
    RANGES_AT,
    Bases,
    ranges_of,
)
from contractvm.ledger.dwarf.sections import ADDRESSES, RANGE_LISTS, RANGES, Sections

DROPPED, BASE = 0xFFFF_FFFE, 0xFFFF_FFFF


def found(*pairs: tuple[int, int], low: int = 1_000) -> list[tuple[int, int]]:
    content = b"".join(struct.pack("<II", *pair) for pair in pairs)
    sections = Sections({RANGES: content}, Work(1_000))
    at = {RANGES_AT: Value(0, 0)}
    return ranges_of(sections, at, Encoding(4, 4, 4), Bases(low=low))


def test_ranges_count_from_the_units_first_address_or_a_base() -> None:
    ranges = found((10, 20), (BASE, 100), (1, 2), (0, 5), (0, 0), (7, 8))
    assert ranges == [(1_010, 1_020), (101, 102), (100, 105)]


def found_anew(entries: bytes) -> list[tuple[int, int]]:
    addresses = bytes(8) + struct.pack("<II", 70, 90)
    sections = Sections({RANGE_LISTS: entries, ADDRESSES: addresses}, Work(1_000))
    at = {RANGES_AT: Value(0, 0)}
    return ranges_of(sections, at, Encoding(5, 4, 4), Bases(low=1_000))


@pytest.mark.parametrize("low", [0, 1, 1_000])
def test_what_the_linker_dropped_has_no_range(low: int) -> None:
    """It writes the greatest address but one: the greatest is a base's."""
    pairs = ((DROPPED, DROPPED), (DROPPED, BASE), (10, 20), (0, 0))
    assert found(*pairs, low=low) == [(low + 10, low + 20)]


def test_a_list_has_an_end() -> None:
    with pytest.raises(Unreadable):
        found((10, 20))


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (b"\4\x0a\x14", [(1_010, 1_020)]),  # offsets from the base
        (b"\5" + struct.pack("<I", 100) + b"\4\1\2", [(101, 102)]),
        (b"\6" + struct.pack("<II", 5, 9), [(5, 9)]),
        (b"\7" + struct.pack("<I", 5) + b"\3", [(5, 8)]),
        (b"\2\0\1", [(70, 90)]),  # by their numbers
        (b"\3\0\3", [(70, 73)]),
        (b"\1\1\4\1\2", [(91, 92)]),
    ],
)
def test_ranges_of_the_newer_form(
    entries: bytes, expected: list[tuple[int, int]]
) -> None:
    assert found_anew(entries + b"\0") == expected


@pytest.mark.parametrize("kind", [8, 9, 127, 255])
def test_a_kind_of_range_that_nobody_knows_is_unreadable(kind: int) -> None:
    with pytest.raises(Unreadable, match=f"nothing is known of a range of kind {kind}"):
        found_anew(bytes([kind]) + bytes(9))


def test_both_ends_may_be_addresses_by_their_numbers() -> None:
    content = bytes(8) + struct.pack("<IIII", 70, 90, 110, 130)
    sections = Sections({ADDRESSES: content}, Work(1_000))
    for form, number, end in ((0x1B, 2, 110), (0x01, 80, 80), (0x0B, 5, 75)):
        values = {LOW_PC: Value(0x1B, 0), HIGH_PC: Value(form, number)}
        assert ranges_of(sections, values, Encoding(5, 4, 4), Bases()) == [(70, end)]


def test_a_list_may_be_named_by_its_number() -> None:
    """Its offset counts from where the unit's offsets begin."""
    content = bytes(12) + struct.pack("<II", 99, 8) + b"\4\1\2\0"
    sections = Sections({RANGE_LISTS: content}, Work(1_000))
    at = {RANGES_AT: Value(RANGE_LIST_INDEX, 1)}
    assert ranges_of(sections, at, Encoding(5, 4, 4), Bases()) == [(1, 2)]


def test_a_list_has_a_greatest_length() -> None:
    pairs = struct.pack("<II", 1, 2)
    older = Sections({RANGES: pairs * MAX_RANGES + bytes(8)}, Work(10**6))
    newer = Sections({RANGE_LISTS: b"\4\1\2" * MAX_RANGES + b"\0"}, Work(10**6))
    at = {RANGES_AT: Value(0, 0)}
    for sections, version in ((older, 4), (newer, 5)):
        with pytest.raises(Unreadable, match=r"^more than 10000 ranges$"):
            ranges_of(sections, at, Encoding(version, 4, 4), Bases())
