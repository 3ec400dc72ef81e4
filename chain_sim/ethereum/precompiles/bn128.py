"""Addresses 6 to 8: addition, multiplication and pairing check on alt_bn128.

EIP-196 and EIP-197, with the curve of py_ecc. Its `multiply` is not used: it recurses
once per bit of the scalar. When it is imported, py_ecc raises Python's recursion limit
to 100,000, which would turn our counted limits into crashes of the C stack: the limit
is put back.
"""

import sys
from typing import NoReturn, TypeVar

RECURSION_LIMIT = sys.getrecursionlimit()

from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.fields import optimized_bn128_FQ2 as FQ2
from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128.optimized_curve import (
    Z1,
    Z2,
    add,
    b,
    b2,
    curve_order,
    double,
    field_modulus,
    is_inf,
    is_on_curve,
    normalize,
)
from py_ecc.optimized_bn128.optimized_pairing import final_exponentiate, pairing
from py_ecc.typing import Optimized_Point3D

from chain_sim.ethereum.primitives.errors import PrecompileFailure

sys.setrecursionlimit(RECURSION_LIMIT)

POINT_BYTES = 64
PAIR_BYTES = 192

Field = TypeVar("Field", FQ, FQ2)


def bn128_add(data: bytes) -> bytes:
    """The sum of two points; the input is filled up or cut to 128 bytes."""
    data = data[:128].ljust(128, b"\x00")
    total = add(_read_g1("bn128_add", data[:64]), _read_g1("bn128_add", data[64:]))
    return _encode_g1(total)


def bn128_mul(data: bytes) -> bytes:
    """A point times a 256-bit scalar; the input is filled up or cut to 96 bytes."""
    data = data[:96].ljust(96, b"\x00")
    point = _read_g1("bn128_mul", data[:64])
    return _encode_g1(_times(point, int.from_bytes(data[64:], "big"), Z1))


def bn128_pairing(data: bytes) -> bytes:
    """1 in 32 bytes if the product of the pairings is one, else 0.

    Each pair is a point of G1, then one of G2; no pair at all gives 1.
    """
    if len(data) % PAIR_BYTES != 0:
        _fail("bn128_pairing", f"{len(data)} bytes are not pairs of {PAIR_BYTES}")
    product = FQ12.one()
    for start in range(0, len(data), PAIR_BYTES):
        pair = data[start : start + PAIR_BYTES]
        p = _read_g1("bn128_pairing", pair[:POINT_BYTES])
        q = _read_g2(pair[POINT_BYTES:])
        product = product * pairing(q, p, final_exponentiate=False)
    is_one = final_exponentiate(product) == FQ12.one()
    return int(is_one).to_bytes(32, "big")


def _read_g1(name: str, data: bytes) -> Optimized_Point3D[FQ]:
    x, y = _coordinates(name, data)
    if x == y == 0:
        return Z1
    point = (FQ(x), FQ(y), FQ(1))
    if not is_on_curve(point, b):
        _fail(name, "a point is not on the curve")
    return point


def _read_g2(data: bytes) -> Optimized_Point3D[FQ2]:
    name = "bn128_pairing"
    x_imaginary, x_real, y_imaginary, y_real = _coordinates(name, data)
    if x_imaginary == x_real == y_imaginary == y_real == 0:
        return Z2
    point = (FQ2([x_real, x_imaginary]), FQ2([y_real, y_imaginary]), FQ2.one())
    if not is_on_curve(point, b2):
        _fail(name, "a point is not on the twisted curve")
    if not is_inf(_times(point, curve_order, Z2)):
        _fail(name, "a point is not in the subgroup")
    return point


def _coordinates(name: str, data: bytes) -> list[int]:
    numbers = [
        int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)
    ]
    if max(numbers) >= field_modulus:
        _fail(name, "a coordinate is not below the field's modulus")
    return numbers


def _times(
    point: Optimized_Point3D[Field], scalar: int, infinity: Optimized_Point3D[Field]
) -> Optimized_Point3D[Field]:
    """Double and add, from the scalar's highest bit down."""
    total = infinity
    for at in range(scalar.bit_length() - 1, -1, -1):
        total = double(total)
        if scalar >> at & 1:
            total = add(total, point)
    return total


def _encode_g1(point: Optimized_Point3D[FQ]) -> bytes:
    if is_inf(point):
        return bytes(POINT_BYTES)
    x, y = normalize(point)
    return x.n.to_bytes(32, "big") + y.n.to_bytes(32, "big")


def _fail(name: str, reason: str) -> NoReturn:
    raise PrecompileFailure(name, reason)
