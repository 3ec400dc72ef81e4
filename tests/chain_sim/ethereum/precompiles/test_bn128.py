"""Addresses 6 to 8: published points, another implementation, and every refusal."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.errors import PrecompileFailure
from tests.helpers.quiet_import import import_quietly

bn128 = import_quietly("chain_sim.ethereum.precompiles.bn128")
plain = import_quietly("py_ecc.bn128")
bn128_add, bn128_mul = bn128.bn128_add, bn128.bn128_mul
bn128_pairing = bn128.bn128_pairing

FIELD = plain.field_modulus
ORDER = plain.curve_order
ZERO = bytes(64)
ONE_WORD = (1).to_bytes(32, "big")
ZERO_WORD = bytes(32)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def g1(scalar: int) -> bytes:
    """`scalar` times the generator, by py_ecc's plain affine implementation."""
    point = plain.multiply(plain.G1, scalar % ORDER)
    return ZERO if point is None else word(point[0].n) + word(point[1].n)


def g2(scalar: int) -> bytes:
    """As `g1`, on the twisted curve: imaginary parts first."""
    point = plain.multiply(plain.G2, scalar % ORDER)
    if point is None:
        return bytes(128)
    return b"".join(word(int(c)) for part in point for c in reversed(part.coeffs))


GENERATOR = word(1) + word(2)
TWICE = bytes.fromhex(
    "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
    "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"
)
# On the twisted curve, but not of the subgroup's order.
OUTSIDE_SUBGROUP = b"".join(
    [
        word(0),
        word(1),
        word(0xD1271953ED9EA0836846E70A1934187998C7F790CB4D7511B7F8DA82DE048A4),
        word(0x2869111D5381F072F8E2728FDB825A51AADD70E52C9830E9AB4B871C0531F1BB),
    ]
)

# A number of 256 bits needs no shrinking, which would take minutes here.
few = settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
scalars = st.integers(0, 2**256 - 1)


def test_generator_doubled_is_the_published_point_either_way() -> None:
    assert bn128_add(GENERATOR + GENERATOR) == TWICE
    assert bn128_mul(GENERATOR + word(2)) == TWICE
    assert g1(2) == TWICE


def test_published_products() -> None:
    # Points of Ethereum's test vectors for address 7.
    point = bytes.fromhex(
        "1a87b0584ce92f4593d161480614f2989035225609f08058ccfa3d0f940febe3"
        "1a2f3c951f6dadcc7ee9007dff81504b0fcd6d7cf59996efdc33d92bf7f9f8f6"
    )
    assert bn128_mul(point + word(9)).hex() == (
        "1dbad7d39dbc56379f78fac1bca147dc8e66de1b9d183c7b167351bfe0aeab74"
        "2cd757d51289cd8dbd0acf9e673ad67d0f0a89f912af47ed1be53664f5692575"
    )


@few
@given(scalars, scalars)
def test_sum_is_what_the_plain_implementation_gives(first: int, second: int) -> None:
    assert bn128_add(g1(first) + g1(second)) == g1(first + second)


@few
@given(scalars, scalars)
def test_product_is_what_the_plain_implementation_gives(
    start: int, scalar: int
) -> None:
    assert bn128_mul(g1(start) + word(scalar)) == g1(start * scalar)


@pytest.mark.parametrize(
    ("data", "output"),
    [
        (b"", ZERO),
        (GENERATOR, GENERATOR),
        (ZERO + GENERATOR, GENERATOR),
        (GENERATOR + g1(ORDER - 1), ZERO),
        (GENERATOR + GENERATOR + b"\xff" * 50, TWICE),
        (GENERATOR[:63], None),
    ],
)
def test_addition_fills_up_or_cuts_its_input(data: bytes, output: bytes | None) -> None:
    if output is None:
        with pytest.raises(PrecompileFailure):
            bn128_add(data)
    else:
        assert bn128_add(data) == output


@pytest.mark.parametrize(
    ("data", "output"),
    [
        (b"", ZERO),
        (GENERATOR, ZERO),
        (ZERO + word(2**256 - 1), ZERO),
        (GENERATOR + word(1), GENERATOR),
        (GENERATOR + word(ORDER), ZERO),
        (GENERATOR + word(ORDER + 1), GENERATOR),
        (GENERATOR + word(2**256 - 1), g1(2**256 - 1)),
        (GENERATOR + word(ORDER - 1), word(1) + word(FIELD - 2)),
        (GENERATOR + word(2) + b"\xff" * 50, TWICE),
        # One byte of the scalar 2**249, the others padded with zeros.
        (GENERATOR + b"\x02", g1(2**249)),
    ],
)
def test_multiplication_fills_up_or_cuts_its_input(data: bytes, output: bytes) -> None:
    assert bn128_mul(data) == output


BAD_POINTS = [
    (word(1) + word(1), "a point is not on the curve"),
    (word(0) + word(1), "a point is not on the curve"),
    (word(FIELD) + word(0), "a coordinate is not below the field's modulus"),
    (word(1) + word(FIELD + 2), "a coordinate is not below the field's modulus"),
    (b"\xff" * 64, "a coordinate is not below the field's modulus"),
]


@pytest.mark.parametrize(("point", "reason"), BAD_POINTS)
def test_point_off_the_curve_fails_everywhere(point: bytes, reason: str) -> None:
    for run, data in (
        (bn128_add, point + GENERATOR),
        (bn128_add, GENERATOR + point),
        (bn128_mul, point + word(0)),
        (bn128_pairing, point + g2(1)),
        (bn128_pairing, GENERATOR + g2(1) + point + bytes(128)),
    ):
        with pytest.raises(PrecompileFailure) as caught:
            run(data)
        assert caught.value.name == run.__name__
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        (word(1) * 4, "a point is not on the twisted curve"),
        (word(FIELD) + word(0) * 3, "a coordinate is not below the field's modulus"),
        (OUTSIDE_SUBGROUP, "a point is not in the subgroup"),
        # Real parts first is a mistake that must not pass.
        (
            g2(1)[32:64] + g2(1)[:32] + g2(1)[96:] + g2(1)[64:96],
            "a point is not on the twisted curve",
        ),
    ],
)
def test_bad_point_of_g2_fails_even_beside_infinity(point: bytes, reason: str) -> None:
    for first in (GENERATOR, ZERO):
        with pytest.raises(PrecompileFailure) as caught:
            bn128_pairing(first + point)
        assert caught.value.reason == reason


def test_generator_of_g2_is_the_published_one() -> None:
    assert g2(1).hex() == (
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
    )


@pytest.mark.parametrize("length", [1, 128, 191, 193, 383])
def test_input_that_is_not_whole_pairs_fails(length: int) -> None:
    with pytest.raises(PrecompileFailure) as caught:
        bn128_pairing(bytes(length))
    assert caught.value.reason == f"{length} bytes are not pairs of 192"


def test_no_pairs_and_pairs_with_infinity_give_one() -> None:
    assert bn128_pairing(b"") == ONE_WORD
    assert bn128_pairing(bytes(192)) == ONE_WORD
    assert bn128_pairing(GENERATOR + bytes(128)) == ONE_WORD
    assert bn128_pairing(ZERO + g2(1)) == ONE_WORD


def test_one_pair_of_generators_gives_zero() -> None:
    assert bn128_pairing(GENERATOR + g2(1)) == ZERO_WORD


@pytest.mark.parametrize(
    ("pairs", "output"),
    [
        ([(1, 1), (-1, 1)], ONE_WORD),
        ([(1, 1), (1, -1)], ONE_WORD),
        ([(1, 1), (1, 1)], ZERO_WORD),
        ([(6, 35), (-15, 14)], ONE_WORD),
        ([(6, 35), (-15, 13)], ZERO_WORD),
        ([(2, 3), (5, 7), (-41, 1)], ONE_WORD),
        ([(2, 3), (5, 7), (-40, 1)], ZERO_WORD),
    ],
    ids=str,
)
def test_pairings_multiply_to_one_when_the_exponents_cancel(
    pairs: list[tuple[int, int]], output: bytes
) -> None:
    data = b"".join(g1(first) + g2(second) for first, second in pairs)
    assert bn128_pairing(data) == output
