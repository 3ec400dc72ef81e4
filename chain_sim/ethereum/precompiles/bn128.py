"""Addresses 6 to 8: addition, multiplication and pairing check on alt_bn128.

EIP-196 and EIP-197, on plain integers.
"""

from typing import NoReturn

from chain_sim.ethereum.precompiles.bn128_fields import Fp2, P, invert_2, multiply_2
from chain_sim.ethereum.precompiles.bn128_pairing import (
    Line,
    NotInSubgroup,
    Point,
    lines_of,
    pairings_are_one,
)
from chain_sim.ethereum.primitives.errors import PrecompileFailure

POINT_BYTES = 64
PAIR_BYTES = 192
B = 3
THREE_OVER_XI = multiply_2((B, 0), invert_2((9, 1)))

# x / z^2 and y / z^3 are the coordinates; z is 0 at infinity.
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)


def bn128_add(data: bytes) -> bytes:
    """The sum of two points; the input is filled up or cut to 128 bytes."""
    data = data[:128].ljust(128, b"\x00")
    first = _read_g1("bn128_add", data[:64])
    second = _read_g1("bn128_add", data[64:])
    total = INFINITY if first is None else (*first, 1)
    return _encode_g1(total if second is None else _add(total, second))


def bn128_mul(data: bytes) -> bytes:
    """A point times a 256-bit scalar; the input is filled up or cut to 96 bytes."""
    data = data[:96].ljust(96, b"\x00")
    point = _read_g1("bn128_mul", data[:64])
    total = INFINITY
    if point is not None:
        for bit in bin(int.from_bytes(data[64:], "big"))[2:]:
            total = _double(total)
            if bit == "1":
                total = _add(total, point)
    return _encode_g1(total)


def bn128_pairing(data: bytes) -> bytes:
    """1 in 32 bytes if the product of the pairings is one, else 0.

    Each pair is a point of G1, then one of G2; no pair at all gives 1.
    """
    if len(data) % PAIR_BYTES != 0:
        _fail("bn128_pairing", f"{len(data)} bytes are not pairs of {PAIR_BYTES}")
    pairs = []
    for start in range(0, len(data), PAIR_BYTES):
        pair = data[start : start + PAIR_BYTES]
        point = _read_g1("bn128_pairing", pair[:POINT_BYTES])
        lines = _read_g2(pair[POINT_BYTES:])
        # With a point at infinity the pairing is 1.
        if point is not None and lines is not None:
            pairs.append((point, lines))
    return int(pairings_are_one(pairs)).to_bytes(32, "big")


def _read_g1(name: str, data: bytes) -> Point | None:
    x, y = _coordinates(name, data)
    if x == y == 0:
        return None
    if (y * y - x * x * x - B) % P:
        _fail(name, "a point is not on the curve")
    return x, y


def _read_g2(data: bytes) -> list[Line] | None:
    """The lines of a point of G2; None for the point at infinity."""
    name = "bn128_pairing"
    x_imaginary, x_real, y_imaginary, y_real = _coordinates(name, data)
    if x_imaginary == x_real == y_imaginary == y_real == 0:
        return None
    x: Fp2 = (x_real, x_imaginary)
    y: Fp2 = (y_real, y_imaginary)
    square, cube = multiply_2(y, y), multiply_2(multiply_2(x, x), x)
    if any(
        (left - right - constant) % P
        for left, right, constant in zip(square, cube, THREE_OVER_XI, strict=True)
    ):
        _fail(name, "a point is not on the twisted curve")
    try:
        return lines_of((x, y))
    except NotInSubgroup:
        _fail(name, "a point is not in the subgroup")


def _coordinates(name: str, data: bytes) -> list[int]:
    numbers = [
        int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)
    ]
    if max(numbers) >= P:
        _fail(name, "a coordinate is not below the field's modulus")
    return numbers


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    square = y * y % P
    between = 4 * x * square % P
    slope = 3 * x * x
    new_x = (slope * slope - 2 * between) % P
    new_y = (slope * (between - new_x) - 8 * square * square) % P
    return new_x, new_y, 2 * y * z % P


def _add(point: Jacobian, other: Point) -> Jacobian:
    x, y, z = point
    if not z:
        return (*other, 1)
    z_square = z * z % P
    run = (other[0] * z_square - x) % P
    rise = (other[1] * z_square * z - y) % P
    if not run:
        return INFINITY if rise else _double(point)
    square = run * run % P
    cube, between = square * run % P, x * square % P
    new_x = (rise * rise - cube - 2 * between) % P
    new_y = (rise * (between - new_x) - y * cube) % P
    return new_x, new_y, z * run % P


def _encode_g1(point: Jacobian) -> bytes:
    x, y, z = point
    if not z:
        return bytes(POINT_BYTES)
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    x, y = x * square % P, y * square * inverse % P
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _fail(name: str, reason: str) -> NoReturn:
    raise PrecompileFailure(name, reason)
