"""Signing, recovering, addresses of keys; eth-keys is the independent oracle."""

import pytest
from eth_keys import keys
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.errors import InvalidPrivateKey, InvalidSignature
from chain_sim.ethereum.primitives.signatures import (
    CURVE_ORDER,
    MAX_LOW_S,
    Signature,
    address_of_private_key,
    recover_address,
    sign_hash,
)
from chain_sim.ethereum.primitives.text import Hash32, keccak256

ONE = (1).to_bytes(32, "big")
hashes = st.binary(min_size=32, max_size=32).map(Hash32)
private_keys = st.integers(1, CURVE_ORDER - 1).map(lambda n: n.to_bytes(32, "big"))


def test_address_of_key_one_is_the_well_known_one() -> None:
    address = address_of_private_key(ONE)
    assert address.hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@given(message_hash=hashes, private_key=private_keys)
def test_signature_is_what_another_library_makes(
    message_hash: Hash32, private_key: bytes
) -> None:
    theirs = keys.PrivateKey(private_key).sign_msg_hash(message_hash)
    ours = sign_hash(message_hash, private_key)
    assert ours == (theirs.v, theirs.r, theirs.s)


@given(message_hash=hashes, private_key=private_keys)
def test_signer_is_recovered_and_s_is_low(
    message_hash: Hash32, private_key: bytes
) -> None:
    signature = sign_hash(message_hash, private_key)
    assert signature.s <= MAX_LOW_S
    assert recover_address(message_hash, signature) == address_of_private_key(
        private_key
    )


@given(message_hash=hashes, private_key=private_keys)
def test_the_mirrored_high_s_recovers_the_same_signer(
    message_hash: Hash32, private_key: bytes
) -> None:
    recovery_id, r, s = sign_hash(message_hash, private_key)
    mirrored = Signature(1 - recovery_id, r, CURVE_ORDER - s)
    assert recover_address(message_hash, mirrored) == address_of_private_key(
        private_key
    )


@pytest.mark.parametrize(
    "private_key",
    [
        b"",
        bytes(32),
        ONE[1:],
        b"\x00" + ONE,
        CURVE_ORDER.to_bytes(32, "big"),
        b"\xff" * 32,
    ],
    ids=["empty", "zero", "31 bytes", "33 bytes", "order", "above order"],
)
def test_key_out_of_range_is_refused(private_key: bytes) -> None:
    with pytest.raises(InvalidPrivateKey):
        address_of_private_key(private_key)
    with pytest.raises(InvalidPrivateKey):
        sign_hash(keccak256(b""), private_key)


def test_greatest_key_is_taken() -> None:
    key = (CURVE_ORDER - 1).to_bytes(32, "big")
    # The public key of order - 1 is that of 1 mirrored.
    assert (
        address_of_private_key(key)
        == keys.PrivateKey(key).public_key.to_canonical_address()
    )


@pytest.mark.parametrize(
    "signature",
    [
        Signature(0, 5, 1),  # 5 is not the x of any point
        Signature(0, 0, 1),
        Signature(0, 1, 0),
        Signature(0, CURVE_ORDER, 1),
        Signature(0, 1, CURVE_ORDER),
    ],
)
def test_signature_that_fits_no_key_is_refused(signature: Signature) -> None:
    with pytest.raises(InvalidSignature) as caught:
        recover_address(keccak256(b""), signature)
    assert caught.value.reason == "no public key fits it"
