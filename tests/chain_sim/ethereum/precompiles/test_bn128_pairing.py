"""The pairing: published inputs, py_ecc as an oracle, points of wrong orders."""

import random
from math import gcd

import pytest

from chain_sim.ethereum.precompiles.bn128 import bn128_pairing
from chain_sim.ethereum.precompiles.bn128_fields import P
from chain_sim.ethereum.precompiles.bn128_pairing import NotInSubgroup, X, _chord
from chain_sim.ethereum.primitives.errors import PrecompileFailure
from tests.helpers.quiet_import import import_quietly

optimized = import_quietly("py_ecc.optimized_bn128")
plain = import_quietly("py_ecc.bn128")
FQ2 = plain.FQ2

ORDER = plain.curve_order
TWIST_POINTS = ORDER * (2 * P - ORDER)
# The smallest prime factors of the twist's cofactor.
SMALL_ORDERS = (10_069, 5_864_401)
TWIST_B = FQ2([3, 0]) / FQ2([9, 1])
GENERATOR_2 = (
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
)
# Ethereum's test inputs for address 8; the generator of G2 ends each.
PUBLISHED = [
    # jeff1
    (
        "1c76476f4def4bb94541d57ebba1193381ffa7aa76ada664dd31c16024c43f59"
        "3034dd2920f673e204fee2811c678745fc819b55d3e9d294e45c9b03a76aef41"
        "209dd15ebff5d46c4bd888e51a93cf99a7329636c63514396b4a452003a35bf7"
        "04bf11ca01483bfa8b34b43561848d28905960114c8ac04049af4b6315a41678"
        "2bb8324af6cfc93537a2ad1a445cfd0ca2a71acd7ac41fadbf933c2a51be344d"
        "120a2a4cf30c1bf9845f20c6fe39e07ea2cce61f0c9bb048165fe5e4de877550"
        "111e129f1cf1097710d41c4ac70fcdfa5ba2023c6ff1cbeac322de49d1b6df7c"
        "2032c61a830e3c17286de9462bf242fca2883585b93870a73853face6a6bf411",
        True,
    ),
    # jeff2
    (
        "2eca0c7238bf16e83e7a1e6c5d49540685ff51380f309842a98561558019fc02"
        "03d3260361bb8451de5ff5ecd17f010ff22f5c31cdf184e9020b06fa5997db84"
        "1213d2149b006137fcfb23036606f848d638d576a120ca981b5b1a5f9300b3ee"
        "2276cf730cf493cd95d64677bbb75fc42db72513a4c1e387b476d056f80aa75f"
        "21ee6226d31426322afcda621464d0611d226783262e21bb3bc86b537e986237"
        "096df1f82dff337dd5972e32a8ad43e28a78a96a823ef1cd4debe12b6552ea5f"
        "06967a1237ebfeca9aaae0d6d0bab8e28c198c5a339ef8a2407e31cdac516db9"
        "22160fa257a5fd5b280642ff47b65eca77e626cb685c84fa6d3b6882a283ddd1",
        True,
    ),
    # jeff3
    (
        "0f25929bcb43d5a57391564615c9e70a992b10eafa4db109709649cf48c50dd2"
        "16da2f5cb6be7a0aa72c440c53c9bbdfec6c36c7d515536431b3a865468acbba"
        "2e89718ad33c8bed92e210e81d1853435399a271913a6520736a4729cf0d51eb"
        "01a9e2ffa2e92599b68e44de5bcf354fa2642bd4f26b259daa6f7ce3ed57aeb3"
        "14a9a87b789a58af499b314e13c3d65bede56c07ea2d418d6874857b70763713"
        "178fb49a2d6cd347dc58973ff49613a20757d0fcc22079f9abd10c3baee24590"
        "1b9e027bd5cfc2cb5db82d4dc9677ac795ec500ecd47deee3b5da006d6d049b8"
        "11d7511c78158de484232fc68daf8a45cf217d1c2fae693ff5871e8752d73b21",
        True,
    ),
    # jeff5
    (
        "20a754d2071d4d53903e3b31a7e98ad6882d58aec240ef981fdf0a9d22c5926a"
        "29c853fcea789887315916bbeb89ca37edb355b4f980c9a12a94f30deeed3021"
        "1213d2149b006137fcfb23036606f848d638d576a120ca981b5b1a5f9300b3ee"
        "2276cf730cf493cd95d64677bbb75fc42db72513a4c1e387b476d056f80aa75f"
        "21ee6226d31426322afcda621464d0611d226783262e21bb3bc86b537e986237"
        "096df1f82dff337dd5972e32a8ad43e28a78a96a823ef1cd4debe12b6552ea5f"
        "1abb4a25eb9379ae96c84fff9f0540abcfc0a0d11aeda02d4f37e4baf74cb0c1"
        "1073b3ff2cdbb38755f8691ea59e9606696b3ff278acfc098fa8226470d03869"
        "217cee0a9ad79a4493b5253e2e4e3a39fc2df38419f230d341f60cb064a0ac29"
        "0a3d76f140db8418ba512272381446eb73958670f00cf46f1d9e64cba057b53c"
        "26f64a8ec70387a13e41430ed3ee4a7db2059cc5fc13c067194bcc0cb49a9855"
        "2fd72bd9edb657346127da132e5b82ab908f5816c826acb499e22f2412d1a2d7"
        "0f25929bcb43d5a57391564615c9e70a992b10eafa4db109709649cf48c50dd2"
        "198a1f162a73261f112401aa2db79c7dab1533c9935c77290a6ce3b191f2318d",
        True,
    ),
    # jeff6
    (
        "1c76476f4def4bb94541d57ebba1193381ffa7aa76ada664dd31c16024c43f59"
        "3034dd2920f673e204fee2811c678745fc819b55d3e9d294e45c9b03a76aef41"
        "209dd15ebff5d46c4bd888e51a93cf99a7329636c63514396b4a452003a35bf7"
        "04bf11ca01483bfa8b34b43561848d28905960114c8ac04049af4b6315a41678"
        "2bb8324af6cfc93537a2ad1a445cfd0ca2a71acd7ac41fadbf933c2a51be344d"
        "120a2a4cf30c1bf9845f20c6fe39e07ea2cce61f0c9bb048165fe5e4de877550"
        "111e129f1cf1097710d41c4ac70fcdfa5ba2023c6ff1cbeac322de49d1b6df7c"
        "103188585e2364128fe25c70558f1560f4f9350baf3959e603cc91486e110936",
        False,
    ),
]


@pytest.mark.parametrize(("data", "is_one"), PUBLISHED)
def test_published_inputs_have_the_published_results(data: str, is_one: bool) -> None:
    expected = int(is_one).to_bytes(32, "big")
    assert bn128_pairing(bytes.fromhex(data + GENERATOR_2)) == expected


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def encoded_1(scalar: int) -> bytes:
    x, y = plain.multiply(plain.G1, scalar)
    return word(x.n) + word(y.n)


def encoded_2(point: tuple[FQ2, FQ2]) -> bytes:
    return b"".join(word(int(c)) for part in point for c in reversed(part.coeffs))


def times(point: tuple[FQ2, FQ2], scalar: int) -> tuple[FQ2, FQ2] | None:
    """The multiple of a point of the twist, whatever its order; None at infinity."""
    total = optimized.Z2
    jacobian = (*(optimized.FQ2(part.coeffs) for part in point), optimized.FQ2.one())
    for bit in bin(scalar)[2:]:
        total = optimized.double(total)
        if bit == "1":
            total = optimized.add(total, jacobian)
    if optimized.is_inf(total):
        return None
    return tuple(FQ2(part.coeffs) for part in optimized.normalize(total))


def root(square: FQ2) -> FQ2 | None:
    """A square root in Fp2 by the norm's; None if there is none."""
    real, imaginary = (int(part) for part in square.coeffs)
    norm = pow(real * real + imaginary * imaginary, (P + 1) // 4, P)
    for half in ((real + norm) * pow(2, -1, P), (real - norm) * pow(2, -1, P)):
        first = pow(half % P, (P + 1) // 4, P)
        if first and first * first % P == half % P:
            found = FQ2([first, imaginary * pow(2 * first, -1, P) % P])
            return found if found * found == square else None
    return None


def twist_point(seed: int) -> tuple[FQ2, FQ2]:
    """A point of the twist at random: hardly ever in the subgroup."""
    numbers = random.Random(seed)
    while True:
        x = FQ2([numbers.randrange(P), numbers.randrange(P)])
        y = root(x * x * x + TWIST_B)
        if y is not None:
            return x, y


def is_one_by_py_ecc(pairs: list[tuple[int, int]]) -> bool:
    product = optimized.FQ12.one()
    for first, second in pairs:
        p = optimized.multiply(optimized.G1, first)
        product *= optimized.pairing(optimized.multiply(optimized.G2, second), p)
    return product == optimized.FQ12.one()


@pytest.mark.parametrize("seed", range(4))
def test_random_products_are_those_of_py_ecc(seed: int) -> None:
    numbers = random.Random(seed)
    first, second, third, fourth = (numbers.randrange(1, ORDER) for _ in range(4))
    last = -(first * second + third * fourth) % ORDER
    for pairs in (
        [(first, second), (third, fourth), (last, 1)],
        [(first, second), (third, fourth), (last, 2)],
        [(first, second), (third, ORDER - fourth)],
    ):
        data = b"".join(
            encoded_1(a) + encoded_2(plain.multiply(plain.G2, b)) for a, b in pairs
        )
        assert bn128_pairing(data) == word(is_one_by_py_ecc(pairs))


def refusal(point: tuple[FQ2, FQ2]) -> str | None:
    """Why a point of the twist is refused beside infinity; None if it is not."""
    try:
        assert bn128_pairing(bytes(64) + encoded_2(point)) == word(1)
    except PrecompileFailure as failure:
        return failure.reason
    return None


@pytest.mark.parametrize("seed", range(3))
def test_random_points_of_the_twist_are_not_in_the_subgroup(seed: int) -> None:
    point = twist_point(seed)
    assert times(point, TWIST_POINTS) is None
    assert refusal(point) == "a point is not in the subgroup"
    cleared = times(point, 2 * P - ORDER)
    assert cleared is not None
    assert refusal(cleared) is None


@pytest.mark.parametrize("order", [*SMALL_ORDERS, SMALL_ORDERS[0] * SMALL_ORDERS[1]])
def test_points_of_small_orders_are_not_in_the_subgroup(order: int) -> None:
    # The loop can meet infinity, or a point twice, on these alone.
    small = times(twist_point(1), TWIST_POINTS // order)
    assert small is not None
    assert times(small, order) is None
    for scalar in (1, 2, 3, 6 * X + 2):
        multiple = times(small, scalar)
        assert multiple is not None
        assert refusal(multiple) == "a point is not in the subgroup"
    mixed = plain.add(small, plain.G2)
    assert refusal(mixed) == "a point is not in the subgroup"


def test_only_points_of_the_subgroup_end_their_loop_at_zero() -> None:
    # The Frobenius map z has z^2 = t * z - P. Modulo that, 6 * X + 2 + z - z^2 + z^3
    # is a * z + b, which divides its norm: what it takes to 0 has an order that divides
    # the norm, and the twist's number of points.
    t = P + 1 - ORDER
    a, b = 1 - t + t * t - P, 6 * X + 2 + P - t * P
    assert gcd(a * a * P + a * b * t + b * b, TWIST_POINTS) == ORDER


def test_a_line_through_a_point_and_itself_needs_a_tangent() -> None:
    point = ((1, 2), (3, 4))
    for run in ((0, 0), (P, P)):
        with pytest.raises(NotInSubgroup):
            _chord(point, point, (1, 1), run)
    _chord(point, point, (1, 1), (0, 1))
    _chord(point, point, (1, 1), (1, 0))
