"""Steps that make messages simpler."""

import json
from typing import Any

import pytest

from contract_fuzz.cosmos.cases import CosmosTransaction
from contract_fuzz.cosmos.shortening import (
    MAX_STEPS,
    simpler_messages,
    simpler_values,
    smaller_numbers,
)
from contract_fuzz.judging.shortening import shorten


@pytest.mark.parametrize(
    ("value", "simpler"),
    [
        (0, []),
        (1, [0]),
        (2, [0, 1]),
        (9, [0, 1, 4]),
        (-3, [0, 1, -2]),
    ],
)
def test_numbers_become_smaller(value: int, simpler: list[int]) -> None:
    assert list(smaller_numbers(value)) == simpler


@pytest.mark.parametrize(
    ("value", "simpler"),
    [
        ({"a": {}}, []),
        ({"a": "7"}, [{"a": "0"}, {"a": "1"}, {"a": "3"}]),
        ({"a": {"b": "x", "c": True}}, [{"a": {"c": True}}, {"a": {"b": "x"}}]),
        ([1], [[], [0]]),
        ("text", []),
        (None, []),
        ("9" * 81, []),
    ],
)
def test_values_become_simpler(value: Any, simpler: list[Any]) -> None:
    assert list(simpler_values(value)) == simpler


def test_coins_time_and_sender_go_before_the_content() -> None:
    sent = CosmosTransaction("execute", "1", 2, 3, "5stake", seconds=4)
    steps = list(simpler_messages(sent))
    assert [
        (one.funds, one.seconds, one.sender, one.contract, one.message) for one in steps
    ] == [
        ("", 4, 3, 2, "1"),
        ("5stake", 0, 3, 2, "1"),
        ("5stake", 4, 0, 2, "1"),
        ("5stake", 4, 3, 0, "1"),
        ("5stake", 4, 3, 2, "0"),
    ]
    assert list(simpler_messages(CosmosTransaction("execute", "["))) == []


def test_steps_of_a_large_message_are_limited() -> None:
    sent = CosmosTransaction("execute", json.dumps(list(range(10, 100))))
    assert len(list(simpler_messages(sent))) == MAX_STEPS


def test_message_is_shortened_as_long_as_it_shows_the_same() -> None:
    sent = CosmosTransaction(
        "execute", '{"mint":{"amount":"1000","memo":"x","to":[3,4]}}', sender=2
    )

    def shows(sequence: tuple[CosmosTransaction, ...]) -> bool:
        content = json.loads(sequence[-1].message)["mint"]
        return int(content.get("amount", 0)) >= 60

    (shortest,) = shorten((sent,), shows, simpler_messages)
    assert shortest == CosmosTransaction("execute", '{"mint":{"amount":"62"}}')
