"""Addresses 1 to 4: published vectors, other libraries, every edge of the input."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.precompiles.ecrecover import ecrecover
from chain_sim.ethereum.precompiles.hashes import identity, ripemd160, sha256
from chain_sim.ethereum.primitives.signatures import (
    CURVE_ORDER,
    Signature,
    address_of_private_key,
    sign_hash,
)
from chain_sim.ethereum.primitives.text import keccak256

# A signature with a high s, which transactions may not have: it is recovered here.
HASH = "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
R = "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
S = "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
SIGNER = "a94f5374fce5edbc8e2a8697c15331677e6ebf0b"


def word(number: int) -> str:
    return number.to_bytes(32, "big").hex()


def recover(message_hash: str, v: str, r: str, s: str) -> bytes:
    return ecrecover(bytes.fromhex(message_hash + v + r + s))


def test_published_signature_gives_its_signer_in_a_word() -> None:
    assert recover(HASH, word(28), R, S).hex() == "00" * 12 + SIGNER


def test_bytes_behind_the_input_are_ignored() -> None:
    data = bytes.fromhex(HASH + word(28) + R + S)
    assert ecrecover(data + b"\xff" * 40).hex() == "00" * 12 + SIGNER


@pytest.mark.parametrize(
    ("v", "r", "s"),
    [
        (word(0), R, S),
        (word(26), R, S),
        (word(29), R, S),
        (word(28 + 2**248), R, S),  # v is a whole word, not its last byte
        (word(37), R, S),  # no EIP-155 here
        (word(29), word(2), S),  # the x of a point is 2 + the curve's order
        (word(28), word(0), S),
        (word(28), word(CURVE_ORDER), S),
        (word(28), R, word(0)),
        (word(28), R, word(CURVE_ORDER)),
        (word(28), word(5), S),  # 5 is not the x of any point
    ],
)
def test_signature_without_signer_gives_nothing_and_does_not_fail(
    v: str, r: str, s: str
) -> None:
    assert recover(HASH, v, r, s) == b""


@pytest.mark.parametrize("length", [0, 1, 31, 32, 64, 96])
def test_input_that_ends_before_s_gives_nothing(length: int) -> None:
    assert ecrecover(bytes.fromhex(HASH + word(28) + R + S)[:length]) == b""


def test_short_input_is_filled_up_with_zeros() -> None:
    # The last byte of S cut off is S with a zero for it, another valid signature.
    data = bytes.fromhex(HASH + word(28) + R + S)
    assert ecrecover(data[:-1]) == ecrecover(data[:-1] + b"\x00")
    assert len(ecrecover(data[:-1])) == 32


def test_greatest_s_below_the_order_is_in_range() -> None:
    assert len(recover(HASH, word(27), R, word(CURVE_ORDER - 1))) == 32


@given(st.binary(max_size=40), st.integers(1, CURVE_ORDER - 1), st.booleans())
def test_signer_of_any_message_is_recovered_from_either_s(
    message: bytes, key: int, is_mirrored: bool
) -> None:
    private_key = key.to_bytes(32, "big")
    message_hash = keccak256(message)
    signature = sign_hash(message_hash, private_key)
    if is_mirrored:
        recovery_id, r, s = signature
        signature = Signature(1 - recovery_id, r, CURVE_ORDER - s)
    v, r, s = 27 + signature.recovery_id, signature.r, signature.s
    expected = address_of_private_key(private_key).rjust(32, b"\x00")
    assert recover(message_hash.hex(), word(v), word(r), word(s)) == expected


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ],
)
def test_sha256_of_the_standards_examples(data: bytes, digest: str) -> None:
    assert sha256(data).hex() == digest


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        (b"a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"),
        (b"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (b"message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"),
        (b"1234567890" * 8, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"),
    ],
)
def test_ripemd160_of_its_authors_examples_in_a_word(data: bytes, digest: str) -> None:
    assert ripemd160(data).hex() == "00" * 12 + digest


@given(st.binary(max_size=200))
def test_ripemd160_is_what_openssl_says_where_it_has_it(data: bytes) -> None:
    if "ripemd160" in hashlib.algorithms_available:
        assert ripemd160(data)[12:] == hashlib.new("ripemd160", data).digest()


@given(st.binary(max_size=200))
def test_identity_gives_its_input(data: bytes) -> None:
    assert identity(data) == data
