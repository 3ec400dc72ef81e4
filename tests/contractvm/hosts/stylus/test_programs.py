"""Records of programs, the recent ones of a block, and the price of pages."""

from dataclasses import replace

import pytest

from contractvm.hosts.stylus.page_prices import EXPONENTIAL, UNAFFORDABLE, OpenPages
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.hosts.stylus.programs import ProgramRecord, RecentPrograms

LATEST = parameters_of(61)


def test_a_record_is_one_word() -> None:
    record = ProgramRecord(3, 345, 116, 17, 95_170, 520, is_cached=True)
    assert record.packed().hex() == ("00030159007400110173c200020801").ljust(64, "0")
    assert ProgramRecord.unpacked(record.packed()) == record
    assert ProgramRecord.unpacked(bytes(32)) == ProgramRecord()


def test_the_oldest_of_the_recent_programs_goes() -> None:
    recent = RecentPrograms(2)
    a, b, c = b"a", b"b", b"c"
    assert [recent.touch(each) for each in (a, b, a, c, b)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert recent.code_hashes == (c, b)
    assert RecentPrograms(0).touch(a) is False


@pytest.mark.parametrize(
    ("opened", "ever", "new", "gas"),
    [
        (0, 0, 0, 0),
        (0, 0, 2, 0),
        (0, 0, 3, 1_000 + EXPONENTIAL[3] - 1),
        (2, 2, 1, 1_000 + EXPONENTIAL[3] - 1),
        (1, 1, 100, 932_066),
        # The ramp is paid once in a transaction.
        (1, 101, 100, 99_000),
        (0, 0, 128, 31_999_998),
        (0, 0, 129, UNAFFORDABLE),
        (100, 100, 29, UNAFFORDABLE),
    ],
)
def test_pages_cost_by_what_is_and_was_open(
    opened: int, ever: int, new: int, gas: int
) -> None:
    assert OpenPages(opened, ever).price(new, LATEST) == gas


@pytest.mark.parametrize(
    ("arbos", "opened", "ever", "gas"),
    [
        (58, 0, 200, 127_000),
        (58, 200, 200, 129_000),
        (59, 0, 200, UNAFFORDABLE),
        (58, 0, 128, 2**64 - 1 - 31_873_999 + 127_000),
    ],
)
def test_the_limit_of_open_pages_is_that_of_arbos_59(
    arbos: int, opened: int, ever: int, gas: int
) -> None:
    assert OpenPages(opened, ever).price(129, parameters_of(arbos)) == gas


def test_the_limit_and_the_free_pages_are_parameters() -> None:
    parameters = replace(LATEST, page_limit=5, free_pages=4)
    assert OpenPages().price(5, parameters) == 1_000 + EXPONENTIAL[5] - 1
    assert OpenPages().price(6, parameters) == UNAFFORDABLE


def test_counts_of_pages_stop_at_16_bits() -> None:
    pages = OpenPages()
    pages.add(65_535)
    pages.add(10)
    assert (pages.open, pages.ever) == (65_535, 65_535)
    pages.open = 3
    pages.add(1)
    assert (pages.open, pages.ever) == (4, 65_535)


def test_the_table_of_the_exponential_part() -> None:
    assert (len(EXPONENTIAL), EXPONENTIAL[0], EXPONENTIAL[128]) == (129, 1, 31_873_999)
    # 31,874,000 to the power of pages / 128, rounded down: the largest such integer.
    for pages in range(128):
        assert EXPONENTIAL[pages] ** 128 <= 31_874_000**pages
        assert (EXPONENTIAL[pages] + 1) ** 128 > 31_874_000**pages
