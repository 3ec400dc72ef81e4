"""Reduction of sequences: what is tried, in which order, and when it ends."""

import pytest

from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.judging.shortening import MAX_TRIALS, shorten, simpler_calls

TO = Address(b"\x01" * 20)


def transaction(data: bytes = b"", **fields: int) -> CaseTransaction:
    return CaseTransaction(TO, data, **fields)


def tried(sequence: Transactions) -> list[Transactions]:
    """Every simpler sequence, in order, where none of them shows the same."""
    trials: list[Transactions] = []

    def shows(simpler: Transactions) -> bool:
        trials.append(simpler)
        return False

    assert shorten(sequence, shows, simpler_calls) == sequence
    return trials


A, B, C, D = (transaction(gas_limit=number) for number in range(1, 5))


@pytest.mark.parametrize(
    ("sequence", "trials"),
    [
        ((A,), []),
        ((A, B), [(B,), (A,)]),
        ((A, B, C), [(C,), (B, C), (B, C), (A, C), (A, B)]),
        (
            (A, B, C, D),
            [(D,), (C, D), (B, C, D), (A, C, D), (A, B, D), (A, B, C)],
        ),
    ],
)
def test_transactions_are_left_out_the_last_one_last(
    sequence: Transactions, trials: list[Transactions]
) -> None:
    assert tried(sequence) == trials


@pytest.mark.parametrize(
    ("fields", "simpler"),
    [
        ({"value": 1}, [{"value": 0}, {"value": 0}]),
        ({"value": 5}, [{"value": 0}, {"value": 2}]),
        ({"seconds": 2}, [{"seconds": 1}]),
        ({"seconds": 1}, []),
        ({"sender": 1}, [{"sender": 0}]),
        ({"sender": 0}, []),
    ],
)
def test_numbers_become_smaller(
    fields: dict[str, int], simpler: list[dict[str, int]]
) -> None:
    assert tried((transaction(**fields),)) == [
        (transaction(**numbers),) for numbers in simpler
    ]


@pytest.mark.parametrize(
    ("data", "simpler"),
    [
        ("", []),
        ("07", [""]),
        ("0708", ["07", "07"]),
        ("0708090a0b", ["070809", "0708090a", "0708090a", "0708090a00"]),
        ("0708090a00", ["070809", "0708090a", "0708090a"]),
        (
            "0708090a0b0c",
            [
                *("070809", "0708090a0b", "0708090a0b"),
                *("0708090a0000", "0708090a000c"),
            ],
        ),
    ],
)
def test_data_is_cut_then_has_zeros(data: str, simpler: list[str]) -> None:
    found = [one.data.hex() for (one,) in tried((transaction(bytes.fromhex(data)),))]
    assert found == simpler


def test_each_word_of_the_arguments_becomes_zero() -> None:
    data = b"abcd" + b"\x01" * 32 + b"\x02" * 32 + b"\x03"
    found = [one.data for (one,) in tried((transaction(data),))]
    assert found[-5:] == [
        b"abcd" + bytes(32) + data[36:],
        b"abcd" + bytes(31) + b"\x01" + data[36:],
        data[:36] + bytes(32) + data[68:],
        data[:36] + bytes(31) + b"\x02" + data[68:],
        data[:68] + b"\x00",
    ]


def test_the_simplest_that_shows_the_same_is_kept() -> None:
    sequence = (
        transaction(b"\x01" * 40, value=9, sender=3),
        transaction(b"\x02" * 40, value=9, sender=3, seconds=7),
        transaction(b"\x03" * 40, value=9),
    )

    def shows(simpler: Transactions) -> bool:
        return any(one.value >= 2 and 2 in one.data for one in simpler)

    assert shorten(sequence, shows, simpler_calls) == (transaction(b"\x02", value=2),)


def test_trials_are_limited() -> None:
    count = 0

    def shows(_simpler: Transactions) -> bool:
        nonlocal count
        count += 1
        return count == MAX_TRIALS

    sequence = tuple(transaction(gas_limit=number) for number in range(MAX_TRIALS))
    kept = shorten(sequence, shows, simpler_calls)
    assert count == MAX_TRIALS
    assert len(kept) == MAX_TRIALS - 1
