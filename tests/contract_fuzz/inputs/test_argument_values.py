"""Arguments of every type, made and changed, number by number."""

from typing import Any

import pytest

from chain_sim.ethereum.abi.types import parse_type
from contract_fuzz.inputs.argument_values import change_value, fit_number, make_value
from contract_fuzz.inputs.dictionary import Dictionary
from tests.helpers.scripted_random import ScriptedRandom

WORDS = Dictionary((0x1234, 3), (b"\x11" * 20, b"\x22" * 20), (b"abc", b"\xff"))
NO_PIECES = Dictionary((3,), (b"\x11" * 20,), ())
KEPT = (16, 1)
"""Of sixteen changes, one that is not a new value."""


@pytest.mark.parametrize(
    ("text", "number", "fitted"),
    [
        ("uint8", 255, 255),
        ("uint8", 256, 0),
        ("uint8", -1, 255),
        ("int8", 127, 127),
        ("int8", 128, -128),
        ("int8", 255, -1),
        ("int8", -129, 127),
        ("uint256", 2**256 + 5, 5),
        ("int256", 2**255, -(2**255)),
        ("int256", 2**255 - 1, 2**255 - 1),
    ],
)
def test_a_number_fits_its_type_by_its_low_bits(
    text: str, number: int, fitted: int
) -> None:
    assert fit_number(parse_type(text), number) == fitted


@pytest.mark.parametrize(
    ("text", "script", "value"),
    [
        ("uint8", [(6, 0), (3, 0)], 255),
        ("uint8", [(6, 0), (3, 2)], 253),
        ("uint8", [(6, 1), (3, 0)], 127),
        ("uint8", [(6, 1), (3, 2)], 129),
        ("int8", [(6, 1), (3, 1)], -128),
        ("uint16", [(6, 2), (2, 0)], 0x1234),
        ("uint8", [(6, 3), (2, 0)], 0x34),
        ("uint16", [(6, 4), (256, 255)], 255),
        ("uint16", [(6, 5), (17, 16), ("bits", 16, 0xABCD)], 0xABCD),
        ("address", [(16, 1), (2, 1)], "0x" + "22" * 20),
        ("address", [(16, 0), ("data", b"\x33" * 20)], "0x" + "33" * 20),
        ("bool", [(2, 0)], True),
        ("bool", [(2, 1)], False),
        ("bytes", [(2, 0), (2, 0)], b"abc"),
        ("bytes", [(2, 1), (8, 2), (4, 3), ("data", b"xyz")], b"xyz"),
        ("bytes2", [(2, 0), (2, 0)], b"ab"),
        ("bytes2", [(2, 0), (2, 1)], b"\xff\0"),
        ("string", [(4, 0), (2, 1)], "\N{REPLACEMENT CHARACTER}"),
        ("string", [(4, 1), (7, 2), (4, 3), ("data", b"\x00\x5e\x5f")], " ~ "),
        ("bool[]", [(4, 2), (4, 3), (2, 0), (2, 1), (2, 0)], [True, False, True]),
        ("bool[2]", [(2, 0), (2, 1)], [True, False]),
        ("(bool,uint16)", [(2, 1), (6, 2), (2, 1)], (False, 3)),
    ],
)
def test_what_is_made(text: str, script: list[tuple[Any, ...]], value: Any) -> None:
    random = ScriptedRandom(*script)
    made = make_value(parse_type(text), random, WORDS)
    assert (made, random.left) == (value, [])
    # One change in sixteen is a new value.
    again = ScriptedRandom((16, 0), *script)
    assert change_value(parse_type(text), value, again, WORDS) == value
    assert again.left == []


def test_without_pieces_bytes_and_text_are_any() -> None:
    random = ScriptedRandom((2, 0), (8, 0), (1, 0), ("data", b""))
    assert make_value(parse_type("bytes"), random, NO_PIECES) == b""
    random = ScriptedRandom((4, 0), (7, 0), (1, 0), ("data", b""))
    assert make_value(parse_type("string"), random, NO_PIECES) == ""


@pytest.mark.parametrize(
    ("text", "before", "script", "after"),
    [
        ("uint8", 100, [(8, 0), (71, 0)], 65),
        ("uint8", 100, [(8, 1), (71, 70)], 135),
        ("uint8", 5, [(8, 0), (71, 0)], 226),
        ("uint8", 5, [(8, 2), (8, 7)], 133),
        ("uint8", 5, [(8, 3)], 250),
        ("int8", 5, [(8, 3)], -6),
        ("uint8", 5, [(8, 4), (2, 0)], 10),
        ("uint8", 5, [(8, 4), (2, 1)], 2),
        ("uint8", 5, [(8, 5), (6, 4), (256, 9)], 9),
        ("uint8", 5, [(8, 7), (6, 4), (256, 9)], 9),
        ("address", "0x", [(16, 1), (2, 0)], "0x" + "11" * 20),
        ("bool", True, [(2, 1)], False),
        ("bytes", b"ab", [(4, 0), (13, 0), (2, 1), (8, 0)], b"ac"),
        (
            "bytes2",
            b"ab",
            [(4, 0), (13, 10), (3, 2), (7, 0), (1, 0), ("data", b"c")],
            b"ab",
        ),
        ("bytes2", b"ab", [(4, 0), (13, 11), (2, 0), (2, 0)], b"b\0"),
        (
            "string",
            "ab",
            [(4, 0), (13, 0), (2, 1), (8, 7)],
            "a\N{REPLACEMENT CHARACTER}",
        ),
        ("bool[2]", [True, True], [(2, 1), (16, 1), (2, 1)], [True, False]),
        ("(bool,bool)", (True, True), [(2, 0), (16, 1), (2, 1)], (False, True)),
        ("(bool,uint8)", (True, 5), [(2, 1), (16, 1), (8, 3)], (True, 250)),
        ("bool[]", [True], [(6, 0), (2, 1), (2, 0)], [False, True]),
        ("bool[]", [], [(6, 0), (2, 1), (1, 0)], [False]),
        ("uint8[]", [1, 2], [(6, 1), (2, 0)], [2]),
        ("uint8[]", [1, 2], [(6, 2)], [1, 2, 1, 2]),
        ("uint8[]", [1, 2], [(6, 3), (2, 1), (2, 0)], [2, 2]),
        ("uint8[]", [1, 5], [(6, 4), (2, 1), (16, 1), (8, 3)], [1, 250]),
        ("uint8[]", [], [(6, 1)], []),
        ("uint8[]", [], [(6, 5)], []),
    ],
)
def test_what_a_change_does(
    text: str, before: Any, script: list[tuple[Any, ...]], after: Any
) -> None:
    random = ScriptedRandom(KEPT, *script)
    changed = change_value(parse_type(text), before, random, WORDS)
    assert (changed, random.left) == (after, [])
    assert type(changed) is type(after)


def test_lists_and_bytes_grow_to_their_limits() -> None:
    kind = parse_type("uint8[]")
    for length, doubled in ((31, 62), (32, 64), (33, 64)):
        random = ScriptedRandom(KEPT, (6, 2))
        assert len(change_value(kind, [1] * length, random, WORDS)) == doubled
    random = ScriptedRandom(KEPT, (6, 0), (6, 4), (256, 9), (64, 63))
    assert change_value(kind, [1] * 63, random, WORDS) == [1] * 63 + [9]
    # A list that is full has one of its items changed.
    random = ScriptedRandom(KEPT, (6, 0), (64, 0), KEPT, (8, 3))
    assert change_value(kind, [1] * 64, random, WORDS) == [254] + [1] * 63
    kind = parse_type("bytes")
    for length, grown in ((1_021, 1_024), (1_022, 1_024)):
        insert = [(4, 0), (13, 9), (length + 1, 0), (2, 0)]
        random = ScriptedRandom(KEPT, *insert)
        assert len(change_value(kind, bytes(length), random, WORDS)) == grown


OPERANDS = [(0x11223344, 5), (7, 0x1122334455667788)]


@pytest.mark.parametrize(
    ("before", "script", "after"),
    [
        # One side of a comparison, one less to one more.
        (0, [(2, 1), (2, 0), (2, 1), (2, 1), (3, 0)], 4),
        (0, [(2, 1), (2, 0), (2, 1), (2, 1), (3, 2)], 6),
        # Its bytes in the other order, in four or in eight.
        (0, [(2, 1), (2, 0), (2, 0), (2, 0), (2, 0), (3, 1)], 0x44332211),
        (0, [(2, 1), (2, 0), (2, 0), (2, 0), (2, 1), (3, 1)], 0x44332211 << 32),
        (0, [(2, 1), (2, 1), (2, 1), (2, 0), (3, 1)], 0x8877665544332211),
        # A part of the argument that was compared.
        (
            5 << 8,
            [(2, 0), (2, 0), (2, 0), (2, 0), (2, 0), (29, 28), (3, 1)],
            0x11223344 << 8,
        ),
    ],
)
def test_a_number_takes_what_the_contract_compared(
    before: int, script: list[tuple[Any, ...]], after: int
) -> None:
    for case in (5, 6):
        random = ScriptedRandom(KEPT, (8, case), *script)
        changed = change_value(parse_type("uint64"), before, random, WORDS, OPERANDS)
        assert (changed, random.left) == (after, [])
