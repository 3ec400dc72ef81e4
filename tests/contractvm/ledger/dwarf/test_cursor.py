"""Reads of debug information: both sides of every end, and the work they cost."""

import pytest

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable, Work, WorkUsedUp


def cursor(data: bytes, work: int = 100, end: int | None = None) -> Cursor:
    return Cursor(data, 0, len(data) if end is None else end, Work(work))


@pytest.mark.parametrize(
    ("data", "unsigned", "signed"),
    [
        (b"\x00", 0, 0),
        (b"\x3f", 63, 63),
        (b"\x40", 64, -64),
        (b"\x7f", 127, -1),
        (b"\x80\x01", 128, 128),
        (b"\xff\x00", 127, 127),
        (b"\xff\x3f", 8_191, 8_191),
        (b"\x80\x40", 8_192, -8_192),
        (b"\xff" * 9 + b"\x01", 2**64 - 1, 2**64 - 1),
        (b"\x80" * 9 + b"\x7f", 127 << 63, -(1 << 63)),
    ],
)
def test_leb128(data: bytes, unsigned: int, signed: int) -> None:
    for method, number in (("uleb", unsigned), ("sleb", signed)):
        read = cursor(data + b"\x05")
        assert getattr(read, method)() == number
        assert (read.position, read.bytes_left) == (len(data), 1)
        assert read.work.left == 100 - len(data)


@pytest.mark.parametrize(
    ("data", "end", "reason"),
    [
        (b"", 0, "it ends in a number"),
        (b"\x80", 1, "it ends in a number"),
        (b"\x80\x01", 1, "it ends in a number"),
        (b"\x80" * 10, 10, "it ends in a number"),
        (b"\x80" * 10 + b"\x01", 11, "a number has more than 64 bits"),
        (b"\x80" * 12, 12, "a number has more than 64 bits"),
    ],
)
def test_leb128_that_is_none(data: bytes, end: int, reason: str) -> None:
    for method in ("uleb", "sleb"):
        read = cursor(data, end=end)
        with pytest.raises(Unreadable, match=reason):
            getattr(read, method)()
        assert read.position == 0


def test_fixed_numbers_are_little_endian_and_within_the_end() -> None:
    read = cursor(b"\x01\x02\x03\x04", end=3)
    assert (read.fixed(2), read.position, read.work.left) == (0x0201, 2, 99)
    assert read.fixed(1) == 3
    assert read.fixed(0) == 0
    with pytest.raises(Unreadable, match="it ends within a value"):
        read.fixed(1)
    assert (read.position, read.bytes_left) == (3, 0)


def test_what_is_skipped_is_within_the_end() -> None:
    read = cursor(b"abcd", end=3)
    assert (read.skip(2), read.skip(1), read.position) == (0, 2, 3)
    with pytest.raises(Unreadable, match="it ends within a value"):
        read.skip(1)


def test_a_text_ends_with_a_zero_before_the_end() -> None:
    read = cursor(b"ab\0c\0")
    assert (read.skip_text(), read.position, read.work.left) == (0, 3, 97)
    assert (read.skip_text(), read.position, read.work.left) == (3, 5, 95)
    read = cursor(b"ab\0", end=2)
    with pytest.raises(Unreadable, match="a text has no end"):
        read.skip_text()
    assert (read.position, read.work.left) == (0, 97)


def test_work_ends_before_it_is_done() -> None:
    work = Work(5)
    work.spend(3)
    work.spend(2)
    with pytest.raises(WorkUsedUp):
        work.spend(1)
    assert work.left == 0
    read = cursor(b"\x80\x01", work=1)
    with pytest.raises(WorkUsedUp):
        read.uleb()
    read = cursor(b"ab\0", work=2)
    with pytest.raises(WorkUsedUp):
        read.skip_text()
