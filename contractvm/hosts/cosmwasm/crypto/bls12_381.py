"""Points and pairings of BLS12-381; points must be in their subgroup."""

from typing import Any

from contractvm.hosts.cosmwasm.crypto.codes import (
    AGGREGATION_LENGTH,
    EMPTY_AGGREGATION,
    INVALID,
    INVALID_POINT,
    PS_LENGTH,
    QS_LENGTH,
    UNEQUAL_COUNTS,
    VALID,
    CryptoErr,
    library,
)

G1_BYTES = 48
G2_BYTES = 96


def _curve() -> Any:
    return library("py_arkworks_bls12381", "py_arkworks_bls12381")


def aggregate_g1(points: bytes) -> bytes:
    """The sum of compressed points, compressed; raises CryptoErr."""
    return _aggregate(_curve().G1Point, points, G1_BYTES)


def aggregate_g2(points: bytes) -> bytes:
    """The sum of compressed points, compressed; raises CryptoErr."""
    return _aggregate(_curve().G2Point, points, G2_BYTES)


def pairing_equality(ps: bytes, qs: bytes, r: bytes, s: bytes) -> int:
    """VALID if the product of e(p, q) is e(r, s), INVALID, or a code."""
    if len(ps) % G1_BYTES:
        return PS_LENGTH
    if len(qs) % G2_BYTES:
        return QS_LENGTH
    if len(ps) // G1_BYTES != len(qs) // G2_BYTES:
        return UNEQUAL_COUNTS
    curve = _curve()
    try:
        left = _points(curve.G1Point, ps, G1_BYTES)
        right = _points(curve.G2Point, qs, G2_BYTES)
        left.append(-_point(curve.G1Point, r, G1_BYTES))
        right.append(_point(curve.G2Point, s, G2_BYTES))
    except CryptoErr as error:
        return error.code
    return VALID if curve.GT.pairing_check(left, right) else INVALID


def hash_to_g1(message: bytes, tag: bytes) -> bytes:
    """A compressed point for a message (RFC 9380, SHA-256)."""
    return bytes(_curve().G1Point.hash_to_curve(message, tag).to_compressed_bytes())


def hash_to_g2(message: bytes, tag: bytes) -> bytes:
    """A compressed point for a message (RFC 9380, SHA-256)."""
    return bytes(_curve().G2Point.hash_to_curve(message, tag).to_compressed_bytes())


def _aggregate(group: Any, points: bytes, size: int) -> bytes:
    if not points:
        raise CryptoErr(EMPTY_AGGREGATION)
    if len(points) % size:
        raise CryptoErr(AGGREGATION_LENGTH)
    total = group.identity()
    for point in _points(group, points, size):
        total = total + point
    return bytes(total.to_compressed_bytes())


def _points(group: Any, data: bytes, size: int) -> list[Any]:
    return [
        _point(group, data[start : start + size], size)
        for start in range(0, len(data), size)
    ]


def _point(group: Any, data: bytes, size: int) -> Any:
    if len(data) != size:
        raise CryptoErr(INVALID_POINT)
    try:
        return group.from_compressed_bytes(data)
    except ValueError as error:
        raise CryptoErr(INVALID_POINT) from error
