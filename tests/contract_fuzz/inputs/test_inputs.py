"""Transactions of cases, changed number by number, and those a campaign starts with."""

from typing import Any

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.inputs.byte_mutation import MUTATORS, append_argument
from contract_fuzz.inputs.dictionary import Dictionary
from contract_fuzz.inputs.inputs import InputOptions, Inputs
from tests.helpers.scripted_random import ScriptedRandom

WORDS = Dictionary((0x1234, 3), (b"\x11" * 20,), (b"abcd",))
ONE, OTHER = Address(b"\x01" * 20), Address(b"\x02" * 20)
SET, GET = parse_function("set(bool,bool)"), parse_function("get()")
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
