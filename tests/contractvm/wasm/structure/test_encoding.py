"""Numbers take their shortest form, which is the one that other tools write."""

import pytest

from contractvm.wasm.structure.encoding import (
    encode_instruction,
    encode_signed,
    encode_unsigned,
)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8001"),
        (16_383, "ff7f"),
        (16_384, "808001"),
        (2**32 - 1, "ffffffff0f"),
    ],
)
def test_unsigned_numbers_take_their_shortest_form(value: int, encoded: str) -> None:
    assert encode_unsigned(value).hex() == encoded


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (63, "3f"),
        (64, "c000"),
        (-1, "7f"),
        (-64, "40"),
        (-65, "bf7f"),
        (2**31 - 1, "ffffffff07"),
        (-(2**31), "8080808078"),
        (2**63 - 1, "ffffffffffffffffff00"),
        (-(2**63), "8080808080808080807f"),
    ],
)
def test_signed_numbers_take_their_shortest_form(value: int, encoded: str) -> None:
    assert encode_signed(value).hex() == encoded


def test_an_instruction_is_its_opcode_and_its_immediate() -> None:
    assert encode_instruction("i32.const", encode_signed(-1)) == b"\x41\x7f"
