"""Levels of what is known of a float, and how each instruction passes them on.

The levels form a chain: each implies the ones above it. An instruction that makes a NaN
only from a NaN, or from infinities, leaves nothing open if there can be none.
"""

from collections.abc import Callable
from enum import IntEnum

from contractvm.metering.nans import NAN_MAKERS
from contractvm.wasm.structure.opcodes import OPCODES


class Level(IntEnum):
    """What is known of a value at a place, whenever control passes."""

    NEVER = 0  # no value was ever seen
    NONZERO = 1  # finite and not zero
    FINITE = 2
    NUMBER = 3  # anything but a NaN
    FIXED = 4  # perhaps a NaN, with the same bits on every engine
    OPEN = 5  # perhaps a NaN whose bits the specification leaves open


Rule = Callable[[int, int], int]

NEVER, NONZERO, FINITE, NUMBER, FIXED, OPEN = (int(level) for level in Level)


def _join(left: int, right: int) -> int:
    return max(left, right)


def _same(level: int, _: int) -> int:
    return level


def _sum(left: int, right: int) -> int:
    """Infinity less infinity is a NaN; finite numbers may at most overflow."""
    low, high = sorted((left, right))
    return NUMBER if low <= FINITE and high <= NUMBER else OPEN


def _product(left: int, right: int) -> int:
    """Infinity times zero is a NaN."""
    low, high = sorted((left, right))
    if high <= FINITE or (low == NONZERO and high == NUMBER):
        return NUMBER
    return OPEN


def _quotient(dividend: int, divisor: int) -> int:
    """Zero divided by zero, and infinity by infinity, is a NaN."""
    return NUMBER if dividend <= NUMBER and divisor == NONZERO else OPEN


def _lesser_or_greater(left: int, right: int) -> int:
    level = max(left, right)
    return level if level <= NUMBER else OPEN


def _rounded(level: int, _: int) -> int:
    if level > NUMBER:
        return OPEN
    return FINITE if level <= FINITE else NUMBER


def _promoted(level: int, _: int) -> int:
    return level if level <= NUMBER else OPEN


def _demoted(level: int, _: int) -> int:
    """A finite number may be too large for an f32, which makes an infinity."""
    return NUMBER if level <= NUMBER else OPEN


def _open(*_: int) -> int:
    """The square root of a negative number is a NaN."""
    return OPEN


def _sign_copied(magnitude: int, sign: int) -> int:
    """The sign of an open NaN is open, whatever it is copied to."""
    return OPEN if sign == OPEN else magnitude


def _not_nan(level: int, other: int) -> int:
    """A value that is known to be no NaN, or else another value."""
    return max(min(level, NUMBER), other)


RULES: dict[str, Rule] = {
    "add": _sum,
    "sub": _sum,
    "mul": _product,
    "div": _quotient,
    "sqrt": _open,
    "min": _lesser_or_greater,
    "max": _lesser_or_greater,
    "ceil": _rounded,
    "floor": _rounded,
    "trunc": _rounded,
    "nearest": _rounded,
    "demote_f64": _demoted,
    "promote_f32": _promoted,
    "abs": _same,
    "neg": _same,
    "copysign": _sign_copied,
}
JOIN: Rule = _join
NOT_NAN: Rule = _not_nan

FLOAT_RULES: dict[int, Rule] = {
    info.opcode: RULES[operation]
    for info in OPCODES
    for val_type, _, operation in [info.mnemonic.partition(".")]
    if val_type in ("f32", "f64") and operation in RULES
}
MAKERS = frozenset(
    info.opcode
    for info in OPCODES
    for val_type, _, operation in [info.mnemonic.partition(".")]
    if val_type in ("f32", "f64") and operation in NAN_MAKERS
)

EXPONENTS = {32: (0xFF << 23, (1 << 23) - 1), 64: (0x7FF << 52, (1 << 52) - 1)}


def level_of_constant(bits: int, width: int) -> int:
    """What is known of a constant by its bits."""
    exponent, fraction = EXPONENTS[width]
    if bits & exponent != exponent:
        return NONZERO if bits & (exponent | fraction) else FINITE
    return FIXED if bits & fraction else NUMBER
