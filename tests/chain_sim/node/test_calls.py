"""Overrides of a call: what the node does not have is named, what nobody has, too."""

from typing import Any

import pytest

from chain_sim.node.calls import (
    NOT_SUPPORTED,
    PANIC_SELECTOR,
    parse_block_overrides,
    revert_text,
)
from chain_sim.node.parameters import InvalidValue


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        *(({name: "0x1"}, f"{name} is not supported") for name in NOT_SUPPORTED),
        ({"numbr": "0x1"}, "unknown override 'numbr'"),
        ({"number": "0x1", "random": None}, "random is not supported"),
    ],
)
def test_fields_of_a_block_that_cannot_be_set(given: Any, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_block_overrides(given)
    assert reason in str(caught.value)


def test_fields_of_a_block_that_can_be_set() -> None:
    found = parse_block_overrides({"number": "0x7", "baseFeePerGas": None})
    assert (found.number, found.base_fee) == (7, None)


# As Solidity's documentation has them, under "Panic via assert and Error via require".
SOLIDITY_PANICS = [
    (0x00, "generic"),
    (0x01, "assertion failed"),
    (0x11, "arithmetic overflow or underflow"),
    (0x12, "division or modulo by zero"),
    (0x21, "invalid enum value"),
    (0x22, "invalid storage byte array"),
    (0x31, "pop from an empty array"),
    (0x32, "array index out of bounds"),
    (0x41, "out of memory"),
    (0x51, "call of an uninitialized function"),
]


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (b"", ""),
        (b"\1\2\3", ""),
        (b"\1\2\3\4", ": custom error 0x01020304"),
        (b"\1\2\3\4" + word(1), ": custom error 0x01020304"),
        *(
            (PANIC_SELECTOR + word(code), f": panic: {words} (0x{code:02x})")
            for code, words in SOLIDITY_PANICS
        ),
        (PANIC_SELECTOR + word(0x99), ": panic: unknown (0x99)"),
        (PANIC_SELECTOR + word(1)[:-1], ": custom error 0x4e487b71"),
    ],
)
def test_revert_data_is_told_in_words(output: bytes, text: str) -> None:
    assert revert_text(output) == text
