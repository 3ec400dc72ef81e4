"""Functions of cryptography: regions in, a code or bytes out."""

from collections.abc import Callable

from contractvm.hosts.cosmwasm.crypto import bls12_381, ed25519, secp256k1, secp256r1
from contractvm.hosts.cosmwasm.crypto.codes import (
    RECOVERY_PARAMETER,
    UNKNOWN_HASH_FUNCTION,
    VALID,
    CryptoErr,
)
from contractvm.hosts.cosmwasm.frame import Frame
from contractvm.hosts.cosmwasm.regions import decode_sections
from contractvm.wasm.engines.suspension import Suspension

KIB = 1024
MAX_HASH = 32
MAX_SIGNATURE = 64
MAX_SECP_KEY = 65
MAX_ED25519_MESSAGE = 128 * KIB
MAX_ED25519_KEY = 32
MAX_BATCH = 256
SECTION_OVERHEAD = 4
MAX_POINTS = 2 * KIB * KIB
MAX_HASHED = 5 * KIB * KIB
MAX_TAG = 5 * KIB
MAX_BYTE = 255


def _batch_limit(greatest: int) -> int:
    return (greatest + SECTION_OVERHEAD) * MAX_BATCH


def _signed(frame: Frame, digest: int, signature: int, key: int) -> tuple[bytes, ...]:
    return (
        frame.read(digest, MAX_HASH),
        frame.read(signature, MAX_SIGNATURE),
        frame.read(key, MAX_SECP_KEY),
    )


def secp256k1_verify(frame: Frame, digest: int, signature: int, key: int) -> int:
    parts = _signed(frame, digest, signature, key)
    frame.gas.charge(frame.crypto.gas(frame.crypto.secp256k1_verify))
    return secp256k1.verify(*parts)


def secp256r1_verify(frame: Frame, digest: int, signature: int, key: int) -> int:
    parts = _signed(frame, digest, signature, key)
    frame.gas.charge(frame.crypto.gas(frame.crypto.secp256r1_verify))
    return secp256r1.verify(*parts)


def secp256k1_recover(
    frame: Frame, digest: int, signature: int, parameter: int
) -> int | Suspension:
    cost = frame.crypto.secp256k1_recover_pubkey
    return _recover(frame, (digest, signature, parameter), cost, secp256k1.recover)


def secp256r1_recover(
    frame: Frame, digest: int, signature: int, parameter: int
) -> int | Suspension:
    cost = frame.crypto.secp256r1_recover_pubkey
    return _recover(frame, (digest, signature, parameter), cost, secp256r1.recover)


def _recover(
    frame: Frame,
    arguments: tuple[int, int, int],
    cost: int,
    recover: Callable[[bytes, bytes, int], bytes],
) -> int | Suspension:
    digest, signature, parameter = arguments
    parts = frame.read(digest, MAX_HASH), frame.read(signature, MAX_SIGNATURE)
    if parameter > MAX_BYTE:
        return RECOVERY_PARAMETER << 32
    frame.gas.charge(frame.crypto.gas(cost))
    try:
        return frame.give(recover(*parts, parameter))
    except CryptoErr as error:
        return error.code << 32


def ed25519_verify(frame: Frame, message: int, signature: int, key: int) -> int:
    parts = (
        frame.read(message, MAX_ED25519_MESSAGE),
        frame.read(signature, MAX_SIGNATURE),
        frame.read(key, MAX_ED25519_KEY),
    )
    frame.gas.charge(frame.crypto.gas(frame.crypto.ed25519_verify))
    return ed25519.verify(*parts)


def ed25519_batch_verify(
    frame: Frame, messages: int, signatures: int, keys: int
) -> int:
    read = (
        frame.read(messages, _batch_limit(MAX_ED25519_MESSAGE)),
        frame.read(signatures, _batch_limit(MAX_SIGNATURE)),
        frame.read(keys, _batch_limit(MAX_ED25519_KEY)),
    )
    parts = [decode_sections(part) for part in read]
    costs, count = frame.crypto, len(parts[1])
    if len(parts[2]) == 1:
        cost = costs.gas(
            costs.ed25519_one_key_base, costs.ed25519_one_key_per_signature, count
        )
    else:
        cost = costs.gas(
            costs.ed25519_batch_base, costs.ed25519_batch_per_signature, count
        )
    frame.gas.charge(cost)
    return ed25519.verify_batch(*parts)


def bls_aggregate_g1(frame: Frame, points: int, target: int) -> int:
    data, costs = frame.read(points, MAX_POINTS), frame.crypto
    price = costs.bls_aggregate_g1_base, costs.bls_aggregate_g1_per_point
    frame.gas.charge(costs.gas(*price, len(data) // bls12_381.G1_BYTES))
    return _write_result(frame, target, bls12_381.aggregate_g1, data)


def bls_aggregate_g2(frame: Frame, points: int, target: int) -> int:
    data, costs = frame.read(points, MAX_POINTS), frame.crypto
    price = costs.bls_aggregate_g2_base, costs.bls_aggregate_g2_per_point
    frame.gas.charge(costs.gas(*price, len(data) // bls12_381.G2_BYTES))
    return _write_result(frame, target, bls12_381.aggregate_g2, data)


def _write_result(
    frame: Frame, target: int, compute: Callable[..., bytes], *data: bytes
) -> int:
    try:
        result = compute(*data)
    except CryptoErr as error:
        return error.code
    frame.write(target, result)
    return VALID


def bls_pairing(frame: Frame, ps: int, qs: int, r: int, s: int) -> int:
    parts = (
        frame.read(ps, MAX_POINTS),
        frame.read(qs, MAX_POINTS),
        frame.read(r, bls12_381.G1_BYTES),
        frame.read(s, bls12_381.G2_BYTES),
    )
    costs, count = frame.crypto, len(parts[0]) // bls12_381.G1_BYTES + 1
    frame.gas.charge(
        costs.gas(costs.bls_pairing_base, costs.bls_pairing_per_pair, count)
    )
    return bls12_381.pairing_equality(*parts)


def bls_hash_to_g1(
    frame: Frame, function: int, message: int, tag: int, target: int
) -> int:
    data, dst = frame.read(message, MAX_HASHED), frame.read(tag, MAX_TAG)
    frame.gas.charge(frame.crypto.gas(frame.crypto.bls_hash_to_g1))
    if function != 0:
        return UNKNOWN_HASH_FUNCTION
    return _write_result(frame, target, bls12_381.hash_to_g1, data, dst)


def bls_hash_to_g2(
    frame: Frame, function: int, message: int, tag: int, target: int
) -> int:
    data, dst = frame.read(message, MAX_HASHED), frame.read(tag, MAX_TAG)
    frame.gas.charge(frame.crypto.gas(frame.crypto.bls_hash_to_g2))
    if function != 0:
        return UNKNOWN_HASH_FUNCTION
    return _write_result(frame, target, bls12_381.hash_to_g2, data, dst)
