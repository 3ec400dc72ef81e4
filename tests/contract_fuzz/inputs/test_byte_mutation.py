"""Each mutation of bytes, number by number."""

from typing import Any

import pytest

from contract_fuzz.inputs.byte_mutation import (
    MUTATORS,
    add_number,
    any_argument,
    append_argument,
    copy_bytes,
    delete_bytes,
    flip_bit,
    insert_blob,
    insert_bytes,
    mutate_bytes,
    put_blob,
    replace_operand,
    set_argument,
    set_byte,
    set_number,
)
from contract_fuzz.inputs.dictionary import Dictionary
from tests.helpers.scripted_random import ScriptedRandom

WORDS = Dictionary((0x1234, 1), (b"\x11" * 20,), (b"abc", b"de"))
NOTHING = Dictionary((0,), (b"\x11" * 20,), ())
ZEROS = bytes(8)
BIG, LITTLE = (2, 0), (2, 1)


@pytest.mark.parametrize(
    ("mutator", "before", "script", "after"),
    [
        (flip_bit, b"\0\0", [(2, 1), (8, 7)], b"\0\x80"),
        (flip_bit, b"\1\0", [(2, 0), (8, 0)], b"\0\0"),
        (set_byte, b"\0\0", [(2, 1), (255, 0)], b"\0\1"),
        (set_byte, b"\0\0", [(2, 0), (255, 254)], b"\xff\0"),
        (add_number, ZEROS, [(6, 0), (8, 7), BIG, (71, 70)], bytes(7) + b"\x23"),
        (add_number, ZEROS, [(6, 1), (7, 6), BIG, (71, 0)], bytes(6) + b"\xff\xdd"),
        (add_number, ZEROS, [(6, 1), (7, 0), LITTLE, (71, 36)], b"\1" + bytes(7)),
        (add_number, ZEROS, [(6, 5), (1, 0), BIG, (71, 36)], bytes(7) + b"\1"),
        (set_number, ZEROS, [(6, 1), (7, 3), (2, 0), BIG], b"\0\0\0\x12\x34\0\0\0"),
        (set_number, ZEROS, [(6, 1), (7, 3), (2, 0), LITTLE], b"\0\0\0\x34\x12\0\0\0"),
        (set_number, ZEROS, [(6, 0), (8, 0), (2, 0), BIG], b"\x34" + bytes(7)),
        (put_blob, b"12345", [(2, 0), (2, 0)], b"abc45"),
        (put_blob, b"12345", [(2, 1), (2, 1), (6, 2)], b"12de5"),
        (put_blob, b"12345", [(2, 0), (2, 1), (6, 4)], b"1234abc"),
        (insert_blob, b"123", [(4, 3), (2, 0)], b"123abc"),
        (insert_blob, b"123", [(4, 0), (2, 1)], b"de123"),
        (insert_bytes, b"12", [(3, 1), (7, 6), (64, 1), ("data", b"ab")], b"1ab2"),
        (insert_bytes, b"", [(1, 0), (7, 0), (1, 0), ("data", b"a")], b"a"),
        (delete_bytes, b"1234", [(4, 1), (3, 0)], b"134"),
        (delete_bytes, b"1234", [(4, 1), (3, 2)], b"1"),
        (delete_bytes, b"1234", [(4, 3), (1, 0)], b"123"),
        (copy_bytes, b"1234", [(4, 1), (3, 0), (3, 2)], b"1212"),
        (copy_bytes, b"1234", [(4, 3), (1, 0), (1, 0)], b"1234"),
    ],
)
def test_what_a_mutation_does(
    mutator: Any, before: bytes, script: list[tuple[Any, ...]], after: bytes
) -> None:
    data = bytearray(before)
    random = ScriptedRandom(*script)
    mutator(data, random, WORDS)
    assert (bytes(data), random.left) == (after, [])


@pytest.mark.parametrize(
    ("mutator", "script"),
    [
        (flip_bit, []),
        (set_byte, []),
        (add_number, [(6, 3)]),
        (set_number, [(6, 3)]),
        (set_argument, []),
        (put_blob, []),
        (insert_blob, []),
        (delete_bytes, []),
        (copy_bytes, []),
    ],
)
def test_what_has_nothing_to_change_changes_nothing(
    mutator: Any, script: list[tuple[Any, ...]]
) -> None:
    data = bytearray()
    random = ScriptedRandom(*script)
    mutator(data, random, NOTHING)
    assert (bytes(data), random.left) == (b"", [])


NUMBER = (0x1234).to_bytes(32, "big")
ADDRESS = bytes(12) + b"\x11" * 20


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ([(8, 0), (2, 0)], NUMBER),
        ([(8, 2), (2, 0)], NUMBER),
        ([(8, 3), (1, 0)], ADDRESS),
        ([(8, 5), (1, 0)], ADDRESS),
        ([(8, 6), (257, 9), ("bits", 9, 0x1FF)], (0x1FF).to_bytes(32, "big")),
        ([(8, 7), (257, 0), ("bits", 0, 0)], bytes(32)),
    ],
)
def test_an_argument_is_a_number_or_an_address_or_anything(
    script: list[tuple[Any, ...]], word: bytes
) -> None:
    assert any_argument(ScriptedRandom(*script), WORDS) == word
    data = bytearray(b"123")
    append_argument(data, ScriptedRandom(*script), WORDS)
    assert data == b"123" + word


def test_an_argument_is_set_at_a_word_after_the_selector() -> None:
    for place, count in ((0, 1), (0, 2), (1, 2)):
        before = b"abcd" + b"." * 32 * count
        data = bytearray(before)
        set_argument(data, ScriptedRandom((count, place), (8, 0), (2, 0)), WORDS)
        start = 4 + 32 * place
        assert data == before[:start] + NUMBER + before[start + 32 :]


@pytest.mark.parametrize("length", [0, 4, 35])
def test_an_argument_that_is_not_whole_is_not_set(length: int) -> None:
    data = bytearray(length)
    set_argument(data, ScriptedRandom(), WORDS)
    assert data == bytes(length)


@pytest.mark.parametrize(
    ("operands", "before", "script", "after"),
    [
        # Found as the left side; written as the right one.
        ((5, 6), b"\0\5\0", [(1, 0), (2, 1), (2, 0), BIG, (3, 0), (3, 1)], b"\0\6\0"),
        # The other way.
        ((6, 5), b"\0\5\0", [(1, 0), (2, 0), (2, 0), BIG, (3, 0), (3, 1)], b"\0\6\0"),
        # One more and one less.
        ((5, 6), b"\5", [(1, 0), (2, 1), (2, 0), BIG, (1, 0), (3, 0), (2, 0)], b"\7"),
        ((5, 6), b"\5", [(1, 0), (2, 1), (2, 0), BIG, (1, 0), (3, 0), (2, 1)], b"\5"),
        # As long as the longer side, or twice as long.
        (
            (5, 0x100),
            b"\5\0\5",
            [(1, 0), (2, 1), (2, 0), BIG, (2, 0), (3, 1)],
            b"\5\1\0",
        ),
        (
            (5, 6),
            b"\5\0\5",
            [(1, 0), (2, 1), (2, 1), BIG, (2, 0), (3, 1)],
            b"\5\0\6",
        ),
        (
            (5, 6),
            b"\5\0\5",
            [(1, 0), (2, 1), (2, 1), LITTLE, (2, 0), (3, 1)],
            b"\6\0\5",
        ),
        # From a place on, then from the beginning.
        ((5, 6), b"\5.\5", [(1, 0), (2, 1), (2, 0), BIG, (3, 1), (3, 1)], b"\5.\6"),
        ((5, 6), b"\5..", [(1, 0), (2, 1), (2, 0), BIG, (3, 1), (3, 1)], b"\6.."),
    ],
)
def test_one_side_of_a_comparison_takes_the_place_of_the_other(
    operands: tuple[int, int],
    before: bytes,
    script: list[tuple[Any, ...]],
    after: bytes,
) -> None:
    data = bytearray(before)
    random = ScriptedRandom(*script)
    assert replace_operand(data, random, [operands])
    assert (bytes(data), random.left) == (after, [])


def test_a_side_that_is_not_there_is_not_replaced() -> None:
    for before, bound in ((b"", 1), (b"\1", 1), (b"\1\2", 2)):
        data = bytearray(before)
        random = ScriptedRandom((1, 0), (2, 1), (2, 0), BIG, (bound, 0))
        assert not replace_operand(data, random, [(5, 6)])
        assert (bytes(data), random.left) == (before, [])


@pytest.mark.parametrize(
    ("number", "length"),
    [
        (0, 1),
        (0xFF, 1),
        (0x100, 2),
        (0xFFFF, 2),
        (0x1_0000, 4),
        (0xFFFF_FFFF, 4),
        (0x1_0000_0000, 8),
        (0xFFFF_FFFF_FFFF_FFFF, 8),
        (0x1_0000_0000_0000_0000, 32),
        (2**256 - 1, 32),
    ],
)
def test_a_number_is_looked_for_in_the_least_length_that_holds_it(
    number: int, length: int
) -> None:
    data = bytearray(number.to_bytes(length, "big"))
    script = ScriptedRandom((1, 0), (2, 1), (2, 0), BIG, (1, 0), (3, 1))
    assert replace_operand(data, script, [(number, 0)])
    assert data == bytes(length)


def test_mutations_are_stacked_up_to_eight_times() -> None:
    pick = (len(MUTATORS), MUTATORS.index(append_argument))
    word = [(8, 0), (2, 0)]
    for draw, count in ((0, 1), (1, 2), (3, 8)):
        random = ScriptedRandom((4, draw), *[pick, *word] * count)
        assert mutate_bytes(b"a", random, WORDS) == b"a" + NUMBER * count


def test_a_third_of_the_mutations_are_of_what_was_compared() -> None:
    compared = [(3, 0), (1, 0), (2, 1), (2, 0), BIG, (1, 0), (3, 1)]
    random = ScriptedRandom((4, 0), *compared)
    assert mutate_bytes(b"\5", random, WORDS, [(5, 6)]) == b"\6"
    other = ScriptedRandom((4, 0), (3, 1), (len(MUTATORS), 0), (1, 0), (8, 0))
    assert mutate_bytes(b"\5", other, WORDS, [(5, 6)]) == b"\4"


def test_what_grows_too_long_is_cut() -> None:
    insert = (len(MUTATORS), MUTATORS.index(insert_blob))
    for length, kept in ((4_092, 4_095), (4_093, 4_096), (4_094, 4_096)):
        random = ScriptedRandom((4, 0), insert, (length + 1, 0), (2, 0))
        assert len(mutate_bytes(bytes(length), random, WORDS)) == kept


def test_arguments_and_pieces_are_twice_as_likely_as_the_rest() -> None:
    twice = [each for each in dict.fromkeys(MUTATORS) if MUTATORS.count(each) == 2]
    assert twice == [set_argument, put_blob]
    assert len(MUTATORS) == 13
    assert len(set(MUTATORS)) == 11
