"""Texts and entries that are not where they should be."""

import struct

import pytest

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable, Work
from contractvm.ledger.dwarf.entries import UnitEntries, entry_at
from contractvm.ledger.dwarf.forms import STRING, Encoding, Value
from contractvm.ledger.dwarf.sections import INFO, STR, Sections, TextPlace
from contractvm.ledger.dwarf.units import read_header


def test_a_text_begins_before_its_sections_end() -> None:
    sections = Sections({STR: b"ab"}, Work(100))
    assert sections.text(TextPlace(STR, 1)) == "b"
    assert sections.work.left == 98
    with pytest.raises(Unreadable, match=r"^byte 2 is past the end of \.debug_str$"):
        sections.text(TextPlace(STR, 2))
    with pytest.raises(Unreadable, match=r"^the module has no \.debug_info$"):
        sections.text(TextPlace(INFO, 0))


def test_a_number_is_no_text() -> None:
    sections, encoding = Sections({}, Work(100)), Encoding(5, 4, 4)
    there = sections.text_place(Value(STRING, 3), INFO, 0, encoding)
    assert there == TextPlace(INFO, 3)
    with pytest.raises(Unreadable, match=r"^form 0xb is no text$"):
        sections.text_place(Value(0x0B, 1), INFO, 0, encoding)


@pytest.mark.parametrize("place", [3, 10])
def test_an_entry_is_inside_its_unit(place: int) -> None:
    unit = UnitEntries(0, 4, 10, Encoding(5, 4, 4), {})
    with pytest.raises(Unreadable, match=f"^byte {place} is outside its unit$"):
        entry_at(Sections({INFO: bytes(20)}, Work(100)), unit, place)


@pytest.mark.parametrize(
    ("kind", "size"), [(1, 8), (2, 20), (3, 8), (4, 16), (5, 16), (6, 20)]
)
def test_headers_of_units_have_their_sizes(kind: int, size: int) -> None:
    content = struct.pack("<HBBI", 5, kind, 4, 7) + bytes(20)
    cursor = Cursor(content, 0, len(content), Work(100))
    assert read_header(cursor, 4) == (Encoding(5, 4, 4), 7)
    assert cursor.position == size
