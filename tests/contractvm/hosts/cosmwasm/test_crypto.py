"""Cryptography against published vectors, and the rules that libraries do not have."""

from collections.abc import Callable
from hashlib import sha256, sha512

import pytest

from contractvm.hosts.cosmwasm.crypto import bls12_381, ed25519, secp256k1, secp256r1
from contractvm.hosts.cosmwasm.crypto.codes import CryptoErr
from contractvm.hosts.cosmwasm.errors import MissingCryptography

# RFC 8032, 7.1: key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33ba"
        "cc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996"
        "e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f29"
        "0ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
# The points of order 1, 2, 4 and 8, and encodings of them that are not canonical.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]
DIGEST = sha256(b"message").digest()


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_signatures_of_rfc_8032_are_valid(
    key: str, message: str, signature: str
) -> None:
    parts = (bytes.fromhex(message), bytes.fromhex(signature), bytes.fromhex(key))
    assert ed25519.verify(*parts) == 0
    assert ed25519.verify(parts[0] + b"x", *parts[1:]) == 1


def test_all_pairs_of_points_of_small_order_are_valid() -> None:
    """ZIP 215: both sides of the equation are multiplied by 8."""
    found = {
        ed25519.verify(b"Zcash", bytes.fromhex(nonce) + bytes(32), bytes.fromhex(key))
        for key in SMALL_ORDER
        for nonce in SMALL_ORDER
    }
    assert len(SMALL_ORDER) ** 2 == 196
    assert found == {0}


@pytest.mark.parametrize(("s", "code"), [(0, 0), (ed25519.GROUP_ORDER, 1)])
def test_s_must_be_below_the_order_of_the_group(s: int, code: int) -> None:
    signature = bytes.fromhex(SMALL_ORDER[0]) + s.to_bytes(32, "little")
    assert ed25519.verify(b"m", signature, bytes.fromhex(SMALL_ORDER[1])) == code


def test_a_key_that_is_no_point_verifies_nothing() -> None:
    assert ed25519.verify(b"m", bytes(64), (2).to_bytes(32, "little")) == 1


@pytest.mark.parametrize(
    ("signature", "key", "code"),
    [(bytes(63), bytes(32), 4), (bytes(64), bytes(31), 5), (bytes(65), bytes(33), 4)],
)
def test_lengths_of_ed25519_have_codes(signature: bytes, key: bytes, code: int) -> None:
    assert ed25519.verify(b"m", signature, key) == code


def test_a_batch_shares_one_message_or_one_key() -> None:
    keys, messages, signatures = (
        [bytes.fromhex(row[part]) for row in RFC_8032] for part in range(3)
    )
    assert ed25519.verify_batch(messages, signatures, keys) == 0
    assert ed25519.verify_batch(messages[:1] * 2, signatures[:1] * 2, keys[:1]) == 0
    assert ed25519.verify_batch(messages[:1], signatures[:1] * 2, keys[:1] * 2) == 0
    assert ed25519.verify_batch([], [], []) == 0
    assert ed25519.verify_batch(messages, signatures, keys[::-1]) == 1
    assert ed25519.verify_batch(messages[:2], signatures, keys) == 7
    assert ed25519.verify_batch(messages[:1], signatures[:1], []) == 7


# A signature by the key 1 (the generator is the public key) over DIGEST, with nonce 1:
# r is the generator's x.
def signed(order: int, generator_x: int) -> tuple[int, int]:
    e = int.from_bytes(DIGEST, "big")
    return generator_x % order, (e + generator_x) % order


K1_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
K1_Y = 0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8


def packed(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def point(x: int, y: int) -> bytes:
    return b"\4" + packed(x, y)


def test_secp256k1_takes_a_high_s_too() -> None:
    order, key = secp256k1.GROUP_ORDER, point(K1_X, K1_Y)
    r, s = signed(order, K1_X)
    for one in (s, order - s):
        assert secp256k1.verify(DIGEST, packed(r, one), key) == 0
    assert secp256k1.verify(sha256(b"").digest(), packed(r, s), key) == 1
    compressed = bytes([2 + K1_Y % 2]) + key[1:33]
    assert secp256k1.verify(DIGEST, packed(r, s), compressed) == 0


def test_secp256k1_recovers_the_key_whatever_s_is() -> None:
    order = secp256k1.GROUP_ORDER
    r, s = signed(order, K1_X)
    parity = K1_Y % 2
    assert secp256k1.recover(DIGEST, packed(r, s), parity) == point(K1_X, K1_Y)
    flipped = packed(r, order - s)
    assert secp256k1.recover(DIGEST, flipped, 1 - parity) == point(K1_X, K1_Y)


@pytest.mark.parametrize("curve", [secp256k1, secp256r1])
def test_malformed_input_of_both_curves_has_codes(curve: object) -> None:
    verify, order = curve.verify, curve.GROUP_ORDER  # type: ignore[attr-defined]
    good, key = packed(1, 1), b"\2" + K1_X.to_bytes(32, "big")
    assert verify(DIGEST[1:], good, key) == 3
    assert verify(DIGEST, good[1:], key) == 4
    for bad in (b"", b"\4" + bytes(32), b"\2" + bytes(64), b"\5" + bytes(32)):
        assert verify(DIGEST, good, bad) == 5
    for r, s in ((0, 1), (1, 0), (order, 1), (1, order)):
        assert verify(DIGEST, packed(r, s), key) == 10
    assert verify(DIGEST, good, b"\4" + bytes(64)) == 10


@pytest.mark.parametrize(
    ("curve", "parameter"), [(secp256k1, 2), (secp256r1, 4), (secp256r1, 255)]
)
def test_recovery_parameters_have_a_greatest(curve: object, parameter: int) -> None:
    with pytest.raises(CryptoErr) as caught:
        curve.recover(DIGEST, packed(1, 1), parameter)  # type: ignore[attr-defined]
    assert caught.value.code == 6


def test_secp256r1_verifies_and_recovers_without_normalising() -> None:
    order, (x, y) = secp256r1.GROUP_ORDER, secp256r1.GENERATOR
    r, s = signed(order, x)
    assert secp256r1.verify(DIGEST, packed(r, s), point(x, y)) == 0
    assert secp256r1.verify(DIGEST, packed(r, order - s), point(x, y)) == 0
    assert secp256r1.verify(DIGEST, packed(r, s - 1), point(x, y)) == 1
    assert secp256r1.recover(DIGEST, packed(r, s), y % 2) == point(x, y)
    assert secp256r1.recover(DIGEST, packed(r, order - s), 1 - y % 2) == point(x, y)
    other = secp256r1.recover(DIGEST, packed(r, s), 1 - y % 2)
    assert other != point(x, y)
    assert secp256r1.verify(DIGEST, packed(r, s), other) == 0


def test_an_x_that_is_on_no_curve_recovers_nothing() -> None:
    for parameter in (0, 1):
        with pytest.raises(CryptoErr) as caught:
            secp256k1.recover(DIGEST, packed(5, 1), parameter)
        assert caught.value.code == 10


def test_a_key_at_infinity_is_no_key() -> None:
    """With r of the generator and s the digest, the two points cancel out."""
    x, y = secp256r1.GENERATOR
    signature = x.to_bytes(32, "big") + DIGEST
    with pytest.raises(CryptoErr) as caught:
        secp256r1.recover(DIGEST, signature, y % 2)
    assert caught.value.code == 10
    assert len(secp256r1.recover(DIGEST, signature, 1 - y % 2)) == 65


def test_secp256r1_refuses_an_x_beyond_the_field() -> None:
    for parameter in (2, 3):
        with pytest.raises(CryptoErr) as caught:
            secp256r1.recover(DIGEST, packed(secp256r1.GROUP_ORDER - 1, 1), parameter)
        assert caught.value.code == 10


# The generators, compressed.
G1 = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3"
    "af00adb22c6bb"
)
G2 = bytes.fromhex(
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5a"
    "c7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac03"
    "26a805bbefd48056c8c121bdb8"
)
# The curve's point with x = 0.
NOT_IN_SUBGROUP = b"\x80" + bytes(47)
G1_INFINITY = b"\xc0" + bytes(47)
# RFC 9380, J.9.1 and J.10.1: x of the hash of the empty message.
TAG_G1 = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
X_OF_EMPTY = (
    "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac34"
    "9612b759e79a1"
)


def test_the_hash_to_g1_is_that_of_rfc_9380() -> None:
    found = bls12_381.hash_to_g1(b"", TAG_G1)
    assert (bytes([found[0] & 0x1F]) + found[1:]).hex() == X_OF_EMPTY
    assert len(bls12_381.hash_to_g2(b"", b"tag")) == 96


def test_aggregation_adds_points() -> None:
    twice = bls12_381.aggregate_g1(G1 + G1)
    negative = bytes([G1[0] ^ 0x20]) + G1[1:]
    assert bls12_381.aggregate_g1(G1) == G1
    assert bls12_381.aggregate_g1(twice + negative) == G1
    assert bls12_381.aggregate_g1(G1 + negative) == G1_INFINITY
    assert bls12_381.aggregate_g2(G2) == G2


@pytest.mark.parametrize(
    ("points", "code"),
    [(b"", 14), (G1[1:], 15), (G1 + b"\0", 15), (bytes(48), 8), (NOT_IN_SUBGROUP, 8)],
)
def test_faults_of_an_aggregation_have_codes(points: bytes, code: int) -> None:
    with pytest.raises(CryptoErr) as caught:
        bls12_381.aggregate_g1(points)
    assert caught.value.code == code


def test_a_pairing_compares_products() -> None:
    twice = bls12_381.aggregate_g1(G1 + G1)
    equal = bls12_381.pairing_equality
    assert equal(G1 + G1, G2 + G2, twice, G2) == 0
    assert equal(G1, G2, twice, G2) == 1
    assert equal(b"", b"", G1_INFINITY, G2) == 0
    assert equal(b"", b"", G1, G2) == 1


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((G1[1:], G2, G1, G2), 11),
        ((G1, G2[1:], G1, G2), 12),
        ((G1 + G1, G2, G1, G2), 13),
        ((bytes(48), G2, G1, G2), 8),
        ((G1, G2, G1, bytes(96)), 8),
        ((G1, G2, G1[1:], G2), 8),
    ],
)
def test_faults_of_a_pairing_have_codes(parts: tuple[bytes, ...], code: int) -> None:
    assert bls12_381.pairing_equality(*parts) == code


def test_a_digest_of_another_hash_is_only_its_length() -> None:
    assert secp256k1.verify(sha512(b"").digest(), packed(1, 1), point(K1_X, K1_Y)) == 3


@pytest.mark.parametrize(
    ("run", "library"),
    [
        (lambda: ed25519.verify(b"", bytes(64), bytes(32)), "pynacl"),
        (
            lambda: secp256r1.verify(DIGEST, packed(1, 1), b"\2" + bytes(32)),
            "cryptogra",
        ),
        (lambda: bls12_381.aggregate_g1(G1), "py_arkworks_bls12381"),
    ],
)
def test_a_missing_library_is_our_error_and_names_the_extra(
    run: Callable[[], object], library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("contractvm.hosts.cosmwasm.crypto.codes.import_module", refuse)
    with pytest.raises(MissingCryptography, match=rf"{library}.*\[cosmwasm\]"):
        run()
