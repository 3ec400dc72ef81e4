"""Random numbers of a case: the published generator, and the values derived from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_fuzz.cases.case_random import CaseRandom, mix

MASK = 2**64 - 1
STEP = 0x9E3779B97F4A7C15
words = st.integers(0, MASK)


def mixed(number: int) -> int:
    """SplitMix64's last step, in Python's integers."""
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & MASK
    return number ^ number >> 31


def numbers(seed: int, case: int, count: int) -> list[int]:
    state = mixed(mixed(seed + STEP & MASK) ^ (case + STEP & MASK))
    return [mixed(state + STEP * (place + 1) & MASK) for place in range(count)]


def test_generator_is_the_published_one() -> None:
    """The first numbers for seed 1234567, as the reference program prints them."""
    state = 1234567
    assert [mixed(state + STEP * place & MASK) for place in (1, 2, 3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@given(words, words)
def test_numbers_of_a_case_follow_from_seed_and_number(seed: int, case: int) -> None:
    random = CaseRandom(seed, case)
    assert [random.bits(64) for _ in range(3)] == numbers(seed, case, 3)
    random.bits(7)
    random.restart(seed, case)
    assert random.bits(64) == numbers(seed, case, 1)[0]


@given(words, words, st.integers(1, MASK))
def test_number_below_is_the_high_part_of_a_product(
    seed: int, case: int, bound: int
) -> None:
    number = CaseRandom(seed, case).below(bound)
    assert number == numbers(seed, case, 1)[0] * bound >> 64
    assert number < bound


def test_every_number_below_a_small_bound_comes_up() -> None:
    random = CaseRandom(0, 0)
    assert {random.below(3) for _ in range(100)} == {0, 1, 2}
    assert random.below(1) == 0


def test_there_is_no_number_below_zero() -> None:
    with pytest.raises(ValueError, match="no number is below 0"):
        CaseRandom(0, 0).below(0)
    with pytest.raises(ValueError, match="no number is below 0"):
        CaseRandom(0, 0).pick([])


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 256])
def test_bits_are_as_many_as_asked_for(count: int) -> None:
    random = CaseRandom(5, 6)
    assert max(random.bits(count) for _ in range(64)).bit_length() == count


@pytest.mark.parametrize("count", [-1, 257])
def test_other_counts_of_bits_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="not 0 to 256"):
        CaseRandom(0, 0).bits(count)


def test_bytes_are_those_of_the_numbers_last_byte_first() -> None:
    first, second = numbers(1, 2, 2)
    expected = first.to_bytes(8, "little") + second.to_bytes(8, "little")
    assert CaseRandom(1, 2).data(11) == expected[:11]
    assert CaseRandom(1, 2).data(0) == b""


@given(words, words)
def test_mix_depends_on_both_in_their_order(first: int, second: int) -> None:
    assert mix(first, second) == mixed(
        mixed(first + STEP & MASK) ^ (second + STEP & MASK)
    )
    assert (mix(first, second) == mix(second, first)) == (first == second)
