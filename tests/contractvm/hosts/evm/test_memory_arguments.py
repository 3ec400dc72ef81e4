"""The bytes that operands of host functions name, read and written."""

import pytest

from contractvm.hosts.evm.memory_arguments import (
    READ,
    WRITTEN,
    Range,
    at,
    length_of,
    ranges_of,
)


@pytest.mark.parametrize(
    ("operands", "read", "written"),
    [
        ((), (), ()),
        (("n", "n"), (), ()),
        (("m20", "o16"), ((0, 20),), ((1, 16),)),
        (("o@2", "n", "n"), (), ((0, 1_002),)),
        (("d", "o4"), ((0, 1_001),), ((2, 4),)),
        (("n", "d", "m32"), ((1, 1_002), (3, 32)), ()),
        (("t", "m8"), ((1, 32), (2, 32), (3, 32), (4, 32), (5, 8)), ()),
    ],
)
def test_operands_name_ranges_by_place(
    operands: tuple[str, ...], read: tuple[Range, ...], written: tuple[Range, ...]
) -> None:
    assert ranges_of(operands, "mdt") == read
    assert ranges_of(operands, "o") == written


def test_a_length_is_a_number_or_that_of_an_argument() -> None:
    assert at(0) == 1_000
    assert at(3) == 1_003
    assert length_of(999, (7, 8)) == 999
    assert length_of(1_000, (7, 8)) == 7
    assert length_of(1_001, (7, 8)) == 8


@pytest.mark.parametrize(
    ("name", "read", "written"),
    [
        ("log", ((0, 1_001), (3, 32), (4, 32), (5, 32), (6, 32)), ()),
        ("call", ((1, 20), (2, 16), (3, 1_004)), ()),
        ("externalCodeCopy", ((0, 20),), ((1, 1_003),)),
        ("account_code", ((0, 20),), ((3, 1_002),)),
        ("call_contract", ((0, 20), (1, 1_002), (3, 32)), ((5, 4),)),
        ("create2", ((0, 1_001), (2, 32), (3, 32)), ((4, 20), (5, 4))),
        ("native_keccak256", ((0, 1_001),), ((2, 32),)),
        ("callDataCopy", (), ((0, 1_002),)),
    ],
)
def test_ranges_of_host_functions(
    name: str, read: tuple[Range, ...], written: tuple[Range, ...]
) -> None:
    assert (READ[name], WRITTEN[name]) == (read, written)
