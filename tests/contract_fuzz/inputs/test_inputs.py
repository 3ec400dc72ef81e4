"""Transactions of cases, changed number by number, and those a campaign starts with."""

from dataclasses import replace
from typing import Any

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.inputs.byte_mutation import MUTATORS, append_argument
from contract_fuzz.inputs.dictionary import Dictionary
from contract_fuzz.inputs.inputs import InputOptions, Inputs
from contract_fuzz.inputs.size_parameter import find_size_parameter
from tests.helpers.scripted_random import ScriptedRandom

WORDS = Dictionary((0x1234, 3), (b"\x11" * 20,), (b"abcd",))
ONE, OTHER = Address(b"\x01" * 20), Address(b"\x02" * 20)
SET, GET = parse_function("set(bool,bool)"), parse_function("get()")
TAKE = parse_function("take(bytes)")
VIEW = replace(parse_function("look()"), is_read_only=True)
PAY = replace(parse_function("pay()"), is_payable=True)
BEFORE = CaseTransaction(ONE, b"data", 2, 5, 1_000, 7)


def inputs(*functions: Any) -> Inputs:
    return Inputs(InputOptions((ONE, OTHER), 4, 1_000, functions), WORDS)


@pytest.mark.parametrize(
    ("script", "change"),
    [
        ([(32, 0), (4, 3)], {"sender": 3}),
        # Without a known function: paid to in one call of four, and by mistake.
        ([(32, 1), (4, 1), (64, 1)], {"value": 0}),
        ([(32, 1), (4, 1), (64, 0), (4, 1), (16, 15)], {"value": 15}),
        ([(32, 1), (4, 0), (4, 0)], {"value": 0}),
        ([(32, 1), (4, 0), (4, 1), (16, 15)], {"value": 15}),
        ([(32, 1), (4, 0), (4, 2), (100, 99)], {"value": 99 * 10**18}),
        (
            [(32, 1), (4, 0), (4, 3), (74, 73), ("bits", 73, 2**73 - 1)],
            {"value": 2**73 - 1},
        ),
        ([(32, 2), (16, 1)], {"seconds": 1}),
        ([(32, 2), (16, 0), (26, 25), ("bits", 25, 2**25 - 1)], {"seconds": 2**25}),
        ([(32, 2), (16, 0), (26, 0), ("bits", 0, 0)], {"seconds": 1}),
    ],
)
def test_a_change_of_one_field_leaves_the_others(
    script: list[tuple[Any, ...]], change: dict[str, int]
) -> None:
    random = ScriptedRandom(*script)
    fields = {
        "to": ONE, "data": b"data", "sender": 2, "value": 5, "gas_limit": 1_000,
        "seconds": 7,
    }  # fmt: skip
    assert inputs().change(BEFORE, random) == CaseTransaction(**(fields | change))
    assert random.left == []


@pytest.mark.parametrize("choice", [4, 31])
def test_raw_data_is_changed_as_bytes(choice: int) -> None:
    append = (len(MUTATORS), MUTATORS.index(append_argument))
    random = ScriptedRandom((32, choice), (4, 0), append, (8, 0), (2, 0))
    data = b"data" + (0x1234).to_bytes(32, "big")
    expected = CaseTransaction(ONE, data, 2, 5, 1_000, 7)
    assert inputs().change(BEFORE, random) == expected


@pytest.mark.parametrize(
    ("draw", "script", "after"),
    [
        # One, two and four changes of an argument; each is a new value here.
        (0, [(2, 0), (16, 0), (2, 1)], [False, True]),
        (1, [(2, 0), (16, 0), (2, 1), (2, 1), (16, 0), (2, 1)], [False, False]),
        (2, [(2, 0), (16, 0), (2, 1)] * 4, [False, True]),
    ],
)
def test_arguments_of_a_known_function_are_changed(
    draw: int, script: list[tuple[int, int]], after: list[bool]
) -> None:
    before = CaseTransaction(ONE, SET.encode([True, True]))
    random = ScriptedRandom((32, 4), (16, 1), (3, draw), *script)
    changed = inputs(SET, GET).change(before, random)
    assert changed.data == SET.encode(after)
    assert random.left == []


def test_a_function_without_arguments_becomes_another_call() -> None:
    before = CaseTransaction(ONE, GET.encode([]))
    random = ScriptedRandom((32, 4), (16, 1), (4, 1), (8, 3), (2, 0), (2, 1))
    changed = inputs(SET, GET).change(before, random)
    assert changed.data == SET.encode([True, False])
    # One time in four its bytes are changed.
    raw = [(4, 0), (len(MUTATORS), 0), (4, 3), (8, 0)]
    random = ScriptedRandom((32, 4), (16, 1), (4, 0), *raw)
    changed = inputs(SET, GET).change(before, random)
    assert changed.data == GET.selector[:3] + bytes([GET.selector[3] ^ 1])
    assert random.left == []


def test_one_known_call_in_sixteen_is_changed_as_bytes() -> None:
    before = CaseTransaction(ONE, SET.encode([True, True]))
    flip = [(4, 0), (len(MUTATORS), 0), (68, 67), (8, 0)]
    random = ScriptedRandom((32, 4), (16, 0), *flip)
    changed = inputs(SET).change(before, random)
    assert changed.data == SET.encode([True, False])


def test_data_that_is_no_call_of_its_function_is_changed_as_bytes() -> None:
    flip = [(4, 0), (len(MUTATORS), 0), (4, 3), (8, 0)]
    random = ScriptedRandom((32, 4), (16, 1), *flip)
    changed = inputs(SET).change(CaseTransaction(ONE, SET.selector), random)
    assert changed.data == SET.selector[:3] + bytes([SET.selector[3] ^ 1])


def test_a_campaign_starts_with_no_data_and_every_function_of_every_contract() -> None:
    found = inputs(SET, GET).simplest()
    assert [(each.to, each.data[:4]) for each in found] == [
        (to, start)
        for to in (ONE, OTHER)
        for start in (b"", SET.selector, GET.selector)
    ]
    assert {each.gas_limit for each in found} == {1_000}
    assert [len(each.data) for each in found] == [0, 68, 4] * 2


# Numbers that choose the second contract, the last sender, no ether and one second.
REST = [(2, 1), (4, 3), (64, 1), (16, 1)]


@pytest.mark.parametrize(
    ("functions", "script", "data"),
    [
        # A function that only reads is called a quarter as often.
        ((SET, VIEW), [(32, 1), (5, 3), (2, 0), (2, 1)], SET.encode([True, False])),
        ((SET, VIEW), [(32, 1), (5, 4)], VIEW.selector),
    ],
)
def test_a_call_of_a_function_is_made(
    functions: tuple[Any, ...], script: list[tuple[Any, ...]], data: bytes
) -> None:
    random: Any = ScriptedRandom(*script, *REST)
    made = inputs(*functions).make(random)
    assert made == CaseTransaction(OTHER, data, 3, 0, 1_000, 1)
    assert random.left == []


RAW = [(2, 1), (4, 3), (4, 1), (64, 1), (16, 1)]


@pytest.mark.parametrize(
    ("functions", "script", "data"),
    [
        ((), [(4, 1), (1, 0), (7, 0)], b"abcd"),
        ((), [(4, 0), ("data", b"wxyz"), (7, 0)], b"wxyz"),
        ((SET,), [(32, 0), (4, 1), (1, 0), (7, 0)], b"abcd"),
        (
            (),
            [*((4, 1), (1, 0), (7, 2)), (8, 0), (2, 1), (8, 3), (1, 0)],
            b"abcd" + (3).to_bytes(32, "big") + bytes(12) + b"\x11" * 20,
        ),
    ],
)
def test_raw_data_is_a_piece_and_up_to_six_words(
    functions: tuple[Any, ...], script: list[tuple[Any, ...]], data: bytes
) -> None:
    random: Any = ScriptedRandom(*script, *RAW)
    assert inputs(*functions).make(random).data == data
    assert random.left == []


def focused(size: str | None) -> Inputs:
    options = InputOptions(
        *((ONE, OTHER), 4, 1_000, (SET, TAKE)),
        focus=(TAKE, SET),
        size=None if size is None else find_size_parameter(TAKE, size, 5),
    )
    return Inputs(options, WORDS)


LONGEST = TAKE.encode([b"abcde"])
SHORT = [(4, 1), (3, 1), ("data", b"")]


@pytest.mark.parametrize(
    ("size", "script", "data"),
    [
        (None, [(8, 1), (2, 1), (2, 0), (2, 0)], SET.encode([True, True])),
        (None, [(8, 1), (2, 0), (2, 0), (1, 0)], TAKE.encode([b"abcd"])),
        # The first function is called with a size of its own, the others are not.
        ("0", [(8, 1), (2, 0), (2, 0), (1, 0), (16, 0), ("data", b"e")], LONGEST),
        ("0", [(8, 1), (2, 0), (2, 0), (1, 0), (16, 1), *SHORT], TAKE.encode([b"a"])),
        ("0", [(8, 1), (2, 1), (2, 0), (2, 0)], SET.encode([True, True])),
        # One in eight is a call of any function.
        ("0", [(8, 0), (32, 1), (8, 0), (2, 0), (2, 0)], SET.encode([True, True])),
    ],
)
def test_most_calls_are_of_the_functions_in_focus(
    size: str | None, script: list[tuple[Any, ...]], data: bytes
) -> None:
    random: Any = ScriptedRandom(*script, *REST)
    assert focused(size).make(random).data == data
    assert random.left == []


def test_a_payable_function_is_paid() -> None:
    random: Any = ScriptedRandom(
        *((32, 1), (4, 0), (2, 0), (4, 0)), (4, 1), (16, 9), (16, 1)
    )
    assert inputs(PAY).make(random) == CaseTransaction(ONE, PAY.selector, 0, 9, 1_000)
    assert random.left == []


def test_decoded_arguments_are_kept_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contract_fuzz.inputs.inputs.MAX_DECODED", 2)
    made = inputs(SET)
    calls = [SET.encode([True, False]), SET.encode([True, True]), SET.selector]
    assert made._arguments(SET, calls[0]) == [True, False]
    assert made._arguments(SET, calls[1]) == [True, True]
    assert [*made._decoded] == calls[:2]
    assert made._arguments(SET, calls[2]) is None
    assert [*made._decoded] == calls[2:]
