"""How gas grows with a size: constant, linear or quadratic, fitted exactly.

Least squares in rational numbers. The models are judged by how well they predict the
points that they have not seen: each point in turn is left out and predicted from the
rest. The simplest model wins whose error is not more than twice the least; a line wins
is also chosen if its error is at most a hundredth of the range. A winner that explains
less than nine tenths of the variation is no answer, and neither is a constant whose
error exceeds a twentieth of the gas.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

SHAPES = ("constant", "linear", "quadratic")
UNDECIDED = "undecided"
LEAST_POINTS = 5
MAX_POINTS = 64
TOLERANCE = 4  # of squared errors: twice the error
LEAST_EXPLAINED = Fraction(9, 10)
CONSTANT_ERROR = Fraction(1, 20)
LINE_ERROR = Fraction(1, 100)
DECIMALS = 6

Points = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape, and everything it was decided by.

    `coefficients` are those of 1, n, n^2 as far as the shape has them. `errors` are the
    mean squared errors of prediction, of each model in the order of SHAPES.
    `explained` is the share of the variation that the chosen model predicts.
    """

    name: str
    points: tuple[tuple[int, int], ...]
    coefficients: tuple[Fraction, ...]
    errors: tuple[Fraction, ...]
    explained: Fraction

    @property
    def formula(self) -> str:
        """Gas as a formula in n, rounded for display."""
        terms = ("", " n", " n^2")
        shown = [
            f"{decimal(value, 2)}{term}"
            for value, term in zip(self.coefficients, terms, strict=False)
            if value
        ]
        return " + ".join(shown).replace("+ -", "- ") or "0"

    @property
    def document(self) -> dict[str, Any]:
        """The shape for JSON; numbers are decimal text, cut after six places."""
        return {
            "shape": self.name,
            "points": [list(point) for point in self.points],
            "coefficients": [decimal(value, DECIMALS) for value in self.coefficients],
            "errors": {
                name: decimal(error, DECIMALS)
                for name, error in zip(SHAPES, self.errors, strict=False)
            },
            "explained": decimal(self.explained, DECIMALS),
        }

    def gas_at(self, size: int) -> Fraction:
        """The value of the fitted formula."""
        return _value(self.coefficients, size)


def fit_shape(gas_by_size: Mapping[int, int]) -> Shape:
    """The shape of the greatest gas by size; `undecided` where there is too little."""
    points = _thinned(sorted(gas_by_size.items()))
    if len(points) < LEAST_POINTS:
        return Shape(UNDECIDED, tuple(points), (), (), Fraction(0))
    errors = tuple(_prediction_error(points, degree) for degree in range(len(SHAPES)))
    allowed = TOLERANCE * min(errors)
    gas = [cost for _, cost in points]
    close = (LINE_ERROR * (max(gas) - min(gas))) ** 2
    degree = next(
        place
        for place, error in enumerate(errors)
        if error <= (max(allowed, close) if place == 1 else allowed)
    )
    explained = Fraction(1)
    if degree and errors[0]:
        explained = max(1 - errors[degree] / errors[0], Fraction(0))
    if degree:
        is_clear = explained >= LEAST_EXPLAINED
    else:
        mean = Fraction(sum(gas), len(gas))
        is_clear = errors[0] <= (mean * CONSTANT_ERROR) ** 2
    return Shape(
        SHAPES[degree] if is_clear else UNDECIDED,
        tuple(points),
        _fitted(points, degree),
        errors,
        explained,
    )


def decimal(value: Fraction, places: int) -> str:
    """The number with at most `places` decimals, truncated, without trailing zeros."""
    scaled = abs(value.numerator) * 10**places // value.denominator
    whole, rest = divmod(scaled, 10**places)
    digits = str(rest).rjust(places, "0").rstrip("0")
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole}{'.' if digits else ''}{digits}"


def _thinned(points: Points) -> Points:
    """At most MAX_POINTS of them, evenly spread, both ends included."""
    if len(points) <= MAX_POINTS:
        return points
    last = len(points) - 1
    return [points[place * last // (MAX_POINTS - 1)] for place in range(MAX_POINTS)]


def _prediction_error(points: Points, degree: int) -> Fraction:
    """Mean squared error of each point as the others predict it."""
    total = Fraction(0)
    for place, (size, gas) in enumerate(points):
        others = [*points[:place], *points[place + 1 :]]
        total += (_value(_fitted(others, degree), size) - gas) ** 2
    return total / len(points)


def _fitted(points: Points, degree: int) -> tuple[Fraction, ...]:
    """The least-squares coefficients, from the normal equations."""
    order = degree + 1
    powers = [sum(size**power for size, _ in points) for power in range(2 * degree + 1)]
    rows = [
        [
            *(Fraction(powers[row + column]) for column in range(order)),
            Fraction(sum(gas * size**row for size, gas in points)),
        ]
        for row in range(order)
    ]
    for pivot in range(order):
        # Sizes are distinct and more than `order`, so no pivot is zero.
        for row in range(order):
            if row != pivot:
                factor = rows[row][pivot] / rows[pivot][pivot]
                rows[row] = [
                    here - factor * there
                    for here, there in zip(rows[row], rows[pivot], strict=True)
                ]
    return tuple(rows[place][order] / rows[place][place] for place in range(order))


def _value(coefficients: Sequence[Fraction], size: int) -> Fraction:
    return sum(
        (value * size**power for power, value in enumerate(coefficients)), Fraction(0)
    )
