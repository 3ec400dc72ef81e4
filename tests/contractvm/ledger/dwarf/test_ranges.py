"""Lists of ranges of the older form: bases, dropped code, and the end."""

import struct

import pytest

from contractvm.ledger.dwarf.cursor import Unreadable, Work
from contractvm.ledger.dwarf.forms import Encoding, Value
from contractvm.ledger.dwarf.ranges import RANGES_AT, Bases, ranges_of
from contractvm.ledger.dwarf.sections import RANGES, Sections

DROPPED, BASE = 0xFFFF_FFFE, 0xFFFF_FFFF


def found(*pairs: tuple[int, int], low: int = 1_000) -> list[tuple[int, int]]:
    content = b"".join(struct.pack("<II", *pair) for pair in pairs)
    sections = Sections({RANGES: content}, Work(1_000))
    at = {RANGES_AT: Value(0, 0)}
    return ranges_of(sections, at, Encoding(4, 4, 4), Bases(low=low))


def test_ranges_count_from_the_units_first_address_or_a_base() -> None:
    ranges = found((10, 20), (BASE, 100), (1, 2), (0, 5), (0, 0), (7, 8))
    assert ranges == [(1_010, 1_020), (101, 102), (100, 105)]


@pytest.mark.parametrize("low", [0, 1, 1_000])
def test_what_the_linker_dropped_has_no_range(low: int) -> None:
    """It writes the greatest address but one: the greatest is a base's."""
    pairs = ((DROPPED, DROPPED), (DROPPED, BASE), (10, 20), (0, 0))
    assert found(*pairs, low=low) == [(low + 10, low + 20)]


def test_a_list_has_an_end() -> None:
    with pytest.raises(Unreadable):
        found((10, 20))
