"""The size parameter: its range, and arguments of a given size."""

from typing import Any

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from contract_fuzz.errors import NoSizeParameter
from contract_fuzz.inputs.dictionary import Dictionary
from contract_fuzz.inputs.size_parameter import find_size_parameter
from tests.helpers.scripted_random import ScriptedRandom

WORDS = Dictionary((3,), (b"\x11" * 20,), ())


@pytest.mark.parametrize(
    ("type_text", "greatest"),
    [
        ("uint8", 127),
        ("int8", 127),
        ("uint16", 4_096),
        ("uint256", 4_096),
        ("bytes", 4_096),
        ("string", 4_096),
        ("bool[]", 4_096),
    ],
)
def test_the_greatest_size_is_what_the_type_holds(
    type_text: str, greatest: int
) -> None:
    size = find_size_parameter(parse_function(f"f({type_text})"), "0")
    assert (size.places, size.greatest) == ((0,), greatest)


@pytest.mark.parametrize(
    "type_text", ["bool", "address", "bytes4", "bool[2]", "(uint8)"]
)
def test_what_has_no_size_is_no_size_parameter(type_text: str) -> None:
    with pytest.raises(NoSizeParameter):
        find_size_parameter(parse_function(f"f({type_text})"), "0")


@pytest.mark.parametrize(
    ("script", "size"),
    [
        ([(16, 0)], 100),
        ([(16, 1), (8, 0), (2, 1)], 1),
        ([(16, 1), (8, 6), (65, 64)], 64),
        # 2^7 is more than the greatest size.
        ([(16, 1), (8, 7), (101, 100)], 100),
    ],
)
def test_small_sizes_come_as_often_as_large_ones(
    script: list[tuple[int, int]], size: int
) -> None:
    parameter = find_size_parameter(parse_function("f(bytes)"), "0", 100)
    random = ScriptedRandom(*script)
    assert parameter.some_size(random) == size
    assert random.left == []


@pytest.mark.parametrize(
    ("type_text", "path", "before", "size", "script", "after"),
    [
        ("uint16", "0", [9], 300, [], [300]),
        ("int8", "0", [9], 127, [], [127]),
        ("bytes", "0", [b"abc"], 2, [("data", b"")], [b"ab"]),
        ("bytes", "0", [b"abc"], 5, [("data", b"xy")], [b"abcxy"]),
        ("string", "0", ["abc"], 2, [], ["ab"]),
        ("string", "0", ["abc"], 5, [], ["abcxx"]),
        ("string", "0", ["a\N{EURO SIGN}c"], 3, [], ["a?c"]),
        ("bool[]", "0", [[True, False]], 1, [], [[True]]),
        ("bool[]", "0", [[True]], 3, [(2, 1), (2, 0)], [[True, False, True]]),
        ("bool,uint8", "1", [True, 1], 7, [], [True, 7]),
        ("(bool,uint8)", "0.1", [(True, 1)], 7, [], [(True, 7)]),
    ],
)
def test_arguments_get_another_size(
    type_text: str,
    path: str,
    before: list[Any],
    size: int,
    script: list[tuple[Any, ...]],
    after: list[Any],
) -> None:
    parameter = find_size_parameter(parse_function(f"f({type_text})"), path)
    random = ScriptedRandom(*script)
    assert parameter.with_size(before, size, random, WORDS) == after
    assert random.left == []
    assert parameter.size_of(after) == size


def test_the_size_of_text_is_that_of_its_bytes() -> None:
    parameter = find_size_parameter(parse_function("f(string)"), "0")
    assert parameter.size_of(["\N{EURO SIGN}"]) == 3
