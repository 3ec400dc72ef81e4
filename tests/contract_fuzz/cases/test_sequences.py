"""Sequences as JSON: what is read back, and what is refused, by its place."""

from typing import Any

import pytest

from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import (
    read_sequence,
    sequence_documents,
    sequence_name,
    sequence_size,
)
from contract_fuzz.errors import InvalidEntry

TO = Address(b"\x11" * 20)
FIRST = CaseTransaction(TO, b"\x01\x02", 3, 4, 5, 6)
DOCUMENT = {
    "to": "0x" + "11" * 20,
    "data": "0x0102",
    "sender": 3,
    "value": 4,
    "gasLimit": 5,
    "seconds": 6,
}


def test_a_sequence_is_read_as_it_was_written() -> None:
    sequence = (FIRST, CaseTransaction(TO))
    documents = sequence_documents(sequence)
    assert documents[0] == DOCUMENT
    assert read_sequence(documents) == sequence
    # What a person may note beside it is not read.
    assert read_sequence([DOCUMENT | {"call": "f()"}]) == (FIRST,)


def test_the_name_is_the_hash_of_the_content() -> None:
    assert sequence_name([FIRST]) == "0f3b6dca328c5492"
    assert sequence_name([FIRST, FIRST]) != sequence_name([FIRST])


def test_sequences_are_ordered_by_length_then_bytes() -> None:
    short, long = CaseTransaction(TO, b"a"), CaseTransaction(TO, b"abc")
    assert sequence_size([long, short]) == (2, 4, sequence_name([long, short]))
    assert sequence_size([long]) < sequence_size([short, short])
    assert sequence_size([short]) < sequence_size([long])


@pytest.mark.parametrize(
    ("key", "greatest"),
    [
        ("sender", 2**16 - 1),
        ("value", 2**256 - 1),
        ("gasLimit", 2**63 - 1),
        ("seconds", 2**63 - 1),
    ],
)
def test_numbers_have_bounds(key: str, greatest: int) -> None:
    (read,) = read_sequence([DOCUMENT | {key: greatest}])
    assert sequence_documents([read]) == [DOCUMENT | {key: greatest}]
    for wrong in (greatest + 1, -1, True, "1", 1.0, None):
        assert refusal([DOCUMENT, DOCUMENT | {key: wrong}]) == (
            f"transaction 1: {key} is out of range"
        )


def refusal(documents: Any) -> str:
    with pytest.raises(InvalidEntry) as refused:
        read_sequence(documents)
    return refused.value.reason


def test_zero_is_a_number_but_no_time() -> None:
    zeros = DOCUMENT | {"sender": 0, "value": 0, "gasLimit": 0, "seconds": 1}
    assert read_sequence([zeros]) == (CaseTransaction(TO, b"\x01\x02", 0, 0, 0, 1),)
    assert refusal([DOCUMENT | {"seconds": 0}]) == (
        "transaction 0: seconds are at least 1"
    )


def test_a_sequence_has_at_least_one_transaction_and_at_most_1024() -> None:
    for nothing in ([], None, {}, "0x"):
        assert refusal(nothing) == "no list of transactions"
    assert len(read_sequence([DOCUMENT] * 1_024)) == 1_024
    assert refusal([DOCUMENT] * 1_025) == "more than 1024 transactions"


def test_a_transaction_has_exactly_its_keys() -> None:
    wanted = "needs the keys data, gasLimit, seconds, sender, to, value"
    for key in DOCUMENT:
        less = {name: value for name, value in DOCUMENT.items() if name != key}
        assert refusal([less]) == f"transaction 0 {wanted}"
    assert refusal([DOCUMENT | {"nonce": 1}]) == f"transaction 0 {wanted}"
    assert refusal([5]) == f"transaction 0 {wanted}"


@pytest.mark.parametrize("key", ["to", "data"])
def test_text_must_be_hexadecimal(key: str) -> None:
    for wrong in ("0x1", "11", 5, None):
        assert refusal([DOCUMENT | {key: wrong}]).startswith("transaction 0: ")
