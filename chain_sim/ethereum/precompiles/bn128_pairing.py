"""The optimal ate pairing on alt_bn128 (EIP-197), in integers of Python.

A point of G2 gives the lines of its Miller loop, which every point of G1 it is paired
with can be put into; whether the point is in the subgroup follows from where its loop
ends. Points are affine, None is the point at infinity.
"""

from collections.abc import Iterator, Sequence

from chain_sim.ethereum.precompiles.bn128_fields import (
    ONE_12,
    Fp2,
    Fp12,
    P,
    add_2,
    conjugate_12,
    conjugate_times_factor,
    frobenius_12,
    invert_2,
    invert_12,
    is_one_12,
    multiply_2,
    multiply_12,
    multiply_by_line,
    square_12,
    subtract_2,
)

Point = tuple[int, int]
TwistPoint = tuple[Fp2, Fp2]
# The slope of a line through points of the twist, and where it meets the axis x = 0,
# negated.
Line = tuple[Fp2, Fp2]

# The parameter that the curve's numbers are polynomials of.
X = 4965661367192848881
LOOP = 6 * X + 2
# The digits of LOOP after the first, of which more are 0 than of its bits: 0, 1 and -1.
NAF_DIGITS = tuple(
    (3 * LOOP >> place & 1) - (LOOP >> place & 1) for place in range(65, 0, -1)
)


class NotInSubgroup(Exception):
    """A point of the twist has another order than the curve."""


def pairings_are_one(pairs: Sequence[tuple[Point, list[Line]]]) -> bool:
    """Whether the product of the pairings is 1; each is a point of G1 and `lines`."""
    loop = _miller_loop(pairs)
    unitary = multiply_12(conjugate_12(loop), invert_12(loop))
    return is_one_12(_hard_part(multiply_12(frobenius_12(unitary, 2), unitary)))


def lines_of(point: TwistPoint) -> list[Line]:
    """The lines of a point's Miller loop, in the order in which it uses them.

    Raises NotInSubgroup for a point of the twist that is not in G2.
    """
    return list(_lines(point))


def _lines(point: TwistPoint) -> Iterator[Line]:
    negated = _negate(point)
    total = point
    for digit in NAF_DIGITS:
        total, line = _double(total)
        yield line
        if digit:
            total, line = _add(total, point if digit > 0 else negated)
            yield line
    first = _frobenius(point)
    second = _negate(_frobenius(first))
    total, line = _add(total, first)
    yield line
    total, line = _add(total, second)
    yield line
    # (6 * X + 2) + p - p^2 + p^3 is a multiple of the order, so a point of G2 ends at
    # 0. No other does: the norm of that polynomial in the Frobenius map has no factor
    # in common with the twist's number of points but the order (a test computes it).
    if _reduced(total) != _reduced(_frobenius(second)):
        raise NotInSubgroup


def _double(point: TwistPoint) -> tuple[TwistPoint, Line]:
    x, y = point
    square = multiply_2(x, x)
    return _chord(point, point, (3 * square[0], 3 * square[1]), add_2(y, y))


def _add(first: TwistPoint, second: TwistPoint) -> tuple[TwistPoint, Line]:
    rise, run = subtract_2(second[1], first[1]), subtract_2(second[0], first[0])
    return _chord(first, second, rise, run)


def _chord(
    first: TwistPoint, second: TwistPoint, rise: Fp2, run: Fp2
) -> tuple[TwistPoint, Line]:
    """The sum of two points, and the line through them."""
    if run[0] % P == run[1] % P == 0:
        # In G2 the loop never adds a point to itself or to its negative.
        raise NotInSubgroup
    slope = multiply_2(rise, invert_2(run))
    x = subtract_2(multiply_2(slope, slope), add_2(first[0], second[0]))
    x = x[0] % P, x[1] % P
    y = subtract_2(multiply_2(slope, subtract_2(first[0], x)), first[1])
    return (x, y), (slope, subtract_2(multiply_2(slope, first[0]), first[1]))


def _negate(point: TwistPoint) -> TwistPoint:
    x, (real, imaginary) = point
    return x, (-real, -imaginary)


def _frobenius(point: TwistPoint) -> TwistPoint:
    """The Frobenius map of the curve over Fp12, on the twist."""
    return conjugate_times_factor(point[0], 2), conjugate_times_factor(point[1], 3)


def _reduced(point: TwistPoint) -> list[int]:
    return [number % P for part in point for number in part]


def _miller_loop(pairs: Sequence[tuple[Point, list[Line]]]) -> Fp12:
    """The product of all Miller loops, which share the squarings."""
    # Lines are divided by -y of the point in G1: final exponentiation makes a factor
    # in Fp 1.
    points = []
    for (x, y), lines in pairs:
        inverse = pow(y, -1, P)
        points.append((-x * inverse % P, inverse, iter(lines)))
    result = ONE_12
    for digit in NAF_DIGITS:
        result = square_12(result)
        for _ in range(2 if digit else 1):
            result = _put_in(result, points)
    for _ in range(2):
        result = _put_in(result, points)
    return result


def _put_in(value: Fp12, points: list[tuple[int, int, Iterator[Line]]]) -> Fp12:
    """The value times the next line of each pair."""
    for x, y, lines in points:
        slope, constant = next(lines)
        value = multiply_by_line(
            value,
            (slope[0] * x % P, slope[1] * x % P),
            (constant[0] * y % P, constant[1] * y % P),
        )
    return value


def _hard_part(f: Fp12) -> Fp12:
    """A power that is 1 exactly if f^((p^4 - p^2 + 1) / order) is.

    The exponent is (12 X^3 + 12 X^2 + 6 X + 1) + (12 X^3 + 6 X^2 + 4 X) p + (12 X^3 +
    6 X^2 + 6 X) p^2 + (12 X^3 + 6 X^2 + 4 X - 1) p^3, which is that one times a number
    without a common factor with the order: Fuentes-Castaneda, Knapp and
    Rodriguez-Henriquez, "Faster hashing to G2".
    """
    f_2x = square_12(_power_x(f))
    f_6x = multiply_12(square_12(f_2x), f_2x)
    f_6xx = _power_x(f_6x)
    f_12xxx = _power_x(square_12(f_6xx))
    a = multiply_12(multiply_12(f_12xxx, f_6xx), f_6x)
    b = multiply_12(a, conjugate_12(f_2x))
    result = multiply_12(multiply_12(a, f_6xx), f)
    result = multiply_12(result, frobenius_12(b, 1))
    result = multiply_12(result, frobenius_12(a, 2))
    last = multiply_12(b, conjugate_12(f))
    return multiply_12(result, frobenius_12(last, 3))


def _power_x(f: Fp12) -> Fp12:
    result = f
    for bit in bin(X)[3:]:
        result = square_12(result)
        if bit == "1":
            result = multiply_12(result, f)
    return result
