"""examples/keccak on another host, compared with eth-hash."""

import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.ewasm_shim import ShimContract
from tests.helpers.examples import example

CONTRACT = ShimContract(example("keccak/keccak.wasm"))


def test_every_length_up_to_300_hashes_as_eth_hash_does() -> None:
    for length in range(301):
        data = bytes((length * 31 + index * 7) & 0xFF for index in range(length))
        assert CONTRACT.call(data).output == keccak(data), f"length {length}"


# One block is 136 bytes; the second pair is longer than a page of memory.
@pytest.mark.parametrize("length", [135, 136, 137, 272, 65_536, 136 * 500, 70_001])
def test_lengths_around_a_block_and_a_page_hash_right(length: int) -> None:
    data = b"\xa5" * length
    assert CONTRACT.call(data).output == keccak(data)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=1000))
def test_any_bytes_hash_as_eth_hash_does(data: bytes) -> None:
    assert CONTRACT.call(data).output == keccak(data)
