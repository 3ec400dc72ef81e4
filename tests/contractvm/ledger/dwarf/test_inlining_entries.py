"""Inlined calls of entries that are written out byte by byte, and looking them up."""

import struct

import pytest

from contractvm.ledger.dwarf.inlining import (
    DeclaredFunc,
    InlinedCall,
    Inlining,
    read_inlining,
)
from contractvm.ledger.dwarf.sections import ABBREV, INFO

ABBREVIATIONS = (
    b"\x01\x11\x01\x00\x00"  # a unit
    b"\x02\x2e\x01\x03\x08\x11\x01\x12\x06\x00\x00"  # a func: name, start, length
    # Inlined: origin in the section, start, length, first instruction as a number.
    b"\x03\x1d\x00\x31\x10\x11\x01\x12\x06\x52\x06\x00\x00"
    b"\x04\x2e\x00\x03\x08\x00\x00"  # a func without code: its name
    b"\x00"
)
HEADER_BYTES = 11


def unit(entries: bytes) -> bytes:
    body = struct.pack("<HIB", 4, 0, 4) + b"\x01" + entries + b"\x00"
    return struct.pack("<I", len(body)) + body


def with_code(name: bytes, start: int, length: int, inside: bytes) -> bytes:
    head = b"\x02" + name + b"\x00" + struct.pack("<II", start, length)
    return head + inside + b"\x00"


def inlined(origin: int, start: int, length: int, first: int) -> bytes:
    return b"\x03" + struct.pack("<IIII", origin, start, length, first)


@pytest.mark.parametrize(
    ("first", "entry"), [(0, 20), (5, 25), (19, 39), (20, 20), (25, 25)]
)
def test_the_first_instruction_is_an_address_or_counts_from_the_start(
    first: int, entry: int
) -> None:
    other = unit(b"\x04helper\x00")
    origin = HEADER_BYTES + 1
    call = inlined(origin, 20, 10, first)
    found = read_inlining(
        {ABBREV: ABBREVIATIONS, INFO: other + unit(with_code(b"run", 10, 40, call))}
    )
    assert found.calls == [InlinedCall("helper", None, None, ((20, 30),), entry, 0)]
    assert found.funcs == [DeclaredFunc((10, 50), "run", None)]


def test_a_reference_into_no_unit_ends_that_unit_only() -> None:
    broken = unit(with_code(b"a", 10, 40, inlined(10**6, 20, 10, 0)))
    sound = unit(with_code(b"b", 60, 10, b""))
    found = read_inlining({ABBREV: ABBREVIATIONS, INFO: broken + sound})
    assert found.calls == []
    assert [func.name for func in found.funcs] == ["a", "b"]


def test_a_func_is_found_from_its_start_to_before_its_end() -> None:
    low, high = DeclaredFunc((10, 20), "a", None), DeclaredFunc((30, 40), "b", ("c", 1))
    inlining = Inlining(funcs=[low, high])
    found = [inlining.func_at(offset) for offset in (9, 10, 19, 20, 29, 30, 39, 40)]
    assert found == [None, low, low, None, None, high, high, None]
    assert Inlining().func_at(0) is None


def test_calls_around_an_instruction_come_with_the_innermost_first() -> None:
    def call(depth: int, *ranges: tuple[int, int]) -> InlinedCall:
        return InlinedCall(str(depth), None, None, ranges, 0, depth)

    outer, inner = call(0, (10, 20), (30, 40)), call(1, (12, 14))
    inlining = Inlining([outer, inner])
    assert inlining.at(9) == []
    assert inlining.at(10) == inlining.at(14) == inlining.at(39) == [outer]
    assert inlining.at(12) == inlining.at(13) == [inner, outer]
    assert inlining.at(20) == inlining.at(40) == []


def test_the_sixteen_innermost_calls_are_told() -> None:
    calls = [InlinedCall("f", None, None, ((0, 1),), 0, depth) for depth in range(18)]
    found = Inlining(calls).at(0)
    assert [each.depth for each in found] == list(range(17, 1, -1))
