"""The fields of alt_bn128: integers modulo P, and their extensions of degree 2, 6, 12.

Fp2 has i with i^2 = -1, Fp6 has v with v^3 = XI, Fp12 has w with w^2 = v. Elements are
tuples of coefficients. Sums are not reduced: a product is, and whoever compares reduces
with `% P`.
"""

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583

Fp2 = tuple[int, int]
Fp6 = tuple[Fp2, Fp2, Fp2]
Fp12 = tuple[Fp6, Fp6]

ZERO: Fp2 = (0, 0)
ONE: Fp2 = (1, 0)
ONE_12: Fp12 = ((ONE, ZERO, ZERO), (ZERO, ZERO, ZERO))
XI: Fp2 = (9, 1)


def multiply_2(a: Fp2, b: Fp2) -> Fp2:
    """The product of two elements of Fp2."""
    real, imaginary = a[0] * b[0], a[1] * b[1]
    both = (a[0] + a[1]) * (b[0] + b[1])
    return (real - imaginary) % P, (both - real - imaginary) % P


def invert_2(a: Fp2) -> Fp2:
    """1 / a; ValueError for 0."""
    inverse = pow(a[0] * a[0] + a[1] * a[1], -1, P)
    return a[0] * inverse % P, -a[1] * inverse % P


def power_2(a: Fp2, exponent: int) -> Fp2:
    """The power of an element of Fp2; the exponent is not negative."""
    result = ONE
    for bit in bin(exponent)[2:]:
        result = multiply_2(result, result)
        if bit == "1":
            result = multiply_2(result, a)
    return result


def add_2(a: Fp2, b: Fp2) -> Fp2:
    """The sum of two elements of Fp2."""
    return a[0] + b[0], a[1] + b[1]


def subtract_2(a: Fp2, b: Fp2) -> Fp2:
    """The difference of two elements of Fp2."""
    return a[0] - b[0], a[1] - b[1]


def times_xi(a: Fp2) -> Fp2:
    """The product with XI."""
    return 9 * a[0] - a[1], 9 * a[1] + a[0]


def add_6(a: Fp6, b: Fp6) -> Fp6:
    """The sum of two elements of Fp6."""
    return add_2(a[0], b[0]), add_2(a[1], b[1]), add_2(a[2], b[2])


def subtract_6(a: Fp6, b: Fp6) -> Fp6:
    """The difference of two elements of Fp6."""
    return subtract_2(a[0], b[0]), subtract_2(a[1], b[1]), subtract_2(a[2], b[2])


def times_v(a: Fp6) -> Fp6:
    """The product with v."""
    return times_xi(a[2]), a[0], a[1]


def multiply_6(a: Fp6, b: Fp6) -> Fp6:
    """The product of two elements of Fp6, of six products in Fp2 (Karatsuba)."""
    a0, a1, a2 = a
    b0, b1, b2 = b
    p0, p1, p2 = multiply_2(a0, b0), multiply_2(a1, b1), multiply_2(a2, b2)
    p12 = multiply_2(add_2(a1, a2), add_2(b1, b2))
    p01 = multiply_2(add_2(a0, a1), add_2(b0, b1))
    p02 = multiply_2(add_2(a0, a2), add_2(b0, b2))
    real, imaginary = p12[0] - p1[0] - p2[0], p12[1] - p1[1] - p2[1]
    return (
        (p0[0] + 9 * real - imaginary, p0[1] + 9 * imaginary + real),
        (
            p01[0] - p0[0] - p1[0] + 9 * p2[0] - p2[1],
            p01[1] - p0[1] - p1[1] + 9 * p2[1] + p2[0],
        ),
        (p02[0] - p0[0] - p2[0] + p1[0], p02[1] - p0[1] - p2[1] + p1[1]),
    )


def multiply_12(a: Fp12, b: Fp12) -> Fp12:
    """The product of two elements of Fp12."""
    low, high = multiply_6(a[0], b[0]), multiply_6(a[1], b[1])
    both = multiply_6(add_6(a[0], a[1]), add_6(b[0], b[1]))
    return add_6(low, times_v(high)), subtract_6(subtract_6(both, low), high)


def square_12(a: Fp12) -> Fp12:
    """The square of an element of Fp12."""
    low, high = a
    product = multiply_6(low, high)
    mixed = multiply_6(add_6(low, high), add_6(low, times_v(high)))
    real = subtract_6(subtract_6(mixed, product), times_v(product))
    return real, add_6(product, product)


def multiply_by_line(a: Fp12, b: Fp2, c: Fp2) -> Fp12:
    """The product with 1 + b * w + c * w^3, as lines have it."""
    low, high = a
    return (
        add_6(low, times_v(_times_two_terms(high, b, c))),
        add_6(high, _times_two_terms(low, b, c)),
    )


def _times_two_terms(a: Fp6, b: Fp2, c: Fp2) -> Fp6:
    """The product with b + c * v."""
    a0, a1, a2 = a
    return (
        add_2(multiply_2(a0, b), times_xi(multiply_2(a2, c))),
        add_2(multiply_2(a1, b), multiply_2(a0, c)),
        add_2(multiply_2(a2, b), multiply_2(a1, c)),
    )


def conjugate_12(a: Fp12) -> Fp12:
    """a^(p^6): for what final exponentiation has made unitary, the inverse."""
    return a[0], subtract_6((ZERO, ZERO, ZERO), a[1])


def frobenius_factors() -> list[Fp2]:
    """w^(p - 1) to the powers 0 to 5: what the Frobenius map does to w^0 to w^5."""
    first = power_2(XI, (P - 1) // 6)
    factors = [ONE]
    while len(factors) < 6:
        factors.append(multiply_2(factors[-1], first))
    return factors


FROBENIUS_FACTORS = frobenius_factors()


def conjugate_times_factor(a: Fp2, power: int) -> Fp2:
    """(a * w^power)^p / w^power."""
    return multiply_2((a[0], -a[1]), FROBENIUS_FACTORS[power])


def frobenius_12(a: Fp12, count: int) -> Fp12:
    """a^(p^count)."""
    for _ in range(count):
        (a0, a2, a4), (a1, a3, a5) = a
        a = (
            (
                conjugate_times_factor(a0, 0),
                conjugate_times_factor(a2, 2),
                conjugate_times_factor(a4, 4),
            ),
            (
                conjugate_times_factor(a1, 1),
                conjugate_times_factor(a3, 3),
                conjugate_times_factor(a5, 5),
            ),
        )
    return a


def invert_12(a: Fp12) -> Fp12:
    """1 / a, by norms down to Fp2; ValueError for 0."""
    conjugate = conjugate_12(a)
    norm = multiply_12(a, conjugate)  # in Fp6
    others = multiply_12(frobenius_12(norm, 2), frobenius_12(norm, 4))
    inverse = invert_2(multiply_12(norm, others)[0][0])
    scale: Fp12 = ((inverse, ZERO, ZERO), (ZERO, ZERO, ZERO))
    return multiply_12(multiply_12(conjugate, others), scale)


def is_one_12(a: Fp12) -> bool:
    """Whether an element of Fp12 is 1."""
    numbers = [number % P for half in a for part in half for number in part]
    return numbers == [1] + [0] * 11
