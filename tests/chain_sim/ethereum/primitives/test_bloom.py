"""The bloom filter: published bits, and no false negative."""

from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.bloom import (
    EMPTY_BLOOM,
    bloom_may_hold,
    bloom_of,
    merge_blooms,
)
from chain_sim.ethereum.primitives.text import keccak256

item_lists = st.lists(st.binary(max_size=40), max_size=8)


def bits_of(bloom: bytes) -> set[int]:
    number = int.from_bytes(bloom, "big")
    return {bit for bit in range(2048) if number >> bit & 1}


def test_address_from_the_yellow_papers_clients_sets_three_bits() -> None:
    # The example that many clients test: an address and its bits 1323, 431, 1319.
    address = bytes.fromhex("0f572e5295c57f15886f9b263e2f6d2d6c7b5ec6")
    assert bits_of(bloom_of([address])) == {1323, 431, 1319}


def test_bits_are_the_low_eleven_of_the_digests_first_three_pairs() -> None:
    digest = keccak256(b"topic")
    pairs = [int.from_bytes(digest[at : at + 2], "big") for at in (0, 2, 4)]
    assert bits_of(bloom_of([b"topic"])) == {pair & 0x7FF for pair in pairs}


def test_bit_zero_is_the_last_byte_of_the_filter() -> None:
    bloom = merge_blooms([bytes(255) + b"\x01"])
    assert bits_of(bloom) == {0}
    assert len(bloom) == 256


def test_filter_of_nothing_is_all_zeros_and_holds_nothing() -> None:
    assert bloom_of([]) == EMPTY_BLOOM == bytes(256)
    assert merge_blooms([]) == EMPTY_BLOOM
    assert not bloom_may_hold(EMPTY_BLOOM, b"")


@given(item_lists)
def test_every_added_item_is_found(items: list[bytes]) -> None:
    bloom = bloom_of(items)
    assert all(bloom_may_hold(bloom, item) for item in items)


@given(item_lists, item_lists)
def test_merging_filters_is_adding_all_items(
    first: list[bytes], second: list[bytes]
) -> None:
    merged = merge_blooms([bloom_of(first), bloom_of(second)])
    assert merged == bloom_of(first + second)


def test_item_that_shares_only_two_bits_is_not_held() -> None:
    number = int.from_bytes(bloom_of([b"topic"]), "big")
    without_one_bit = number & (number - 1)
    assert not bloom_may_hold(without_one_bit.to_bytes(256, "big"), b"topic")
