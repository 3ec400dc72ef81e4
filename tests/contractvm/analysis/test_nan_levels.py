"""Levels of floats: each rule at each pair of levels, and constants at every edge."""

import pytest

from contractvm.analysis.nan_levels import (
    EXPONENTS,
    FLOAT_RULES,
    JOIN,
    MAKERS,
    NOT_NAN,
    Level,
    level_of_constant,
)
from contractvm.wasm.structure.opcodes import BY_MNEMONIC

# From NONZERO to OPEN, one row for each left operand, one column for each right one.
LEVELS = range(1, 6)
TABLES = {
    "add": "33355 33355 33555 55555 55555",
    "mul": "33355 33555 35555 55555 55555",
    "div": "35555 35555 35555 55555 55555",
    "min": "12355 22355 33355 55555 55555",
    "copysign": "11115 22225 33335 44445 55555",
}
UNARY = {
    "sqrt": "55555",
    "ceil": "22355",
    "demote_f64": "33355",
    "promote_f32": "12355",
    "abs": "12345",
}
ALIKE = {
    "add": ("sub",),
    "min": ("max",),
    "ceil": ("floor", "trunc", "nearest"),
    "abs": ("neg",),
}


@pytest.mark.parametrize("operation", [*TABLES, *UNARY])
def test_rules_at_every_level(operation: str) -> None:
    for name in (operation, *ALIKE.get(operation, ())):
        found = [
            FLOAT_RULES[BY_MNEMONIC[f"{val_type}.{name}"].opcode]
            for val_type in ("f32", "f64")
            if f"{val_type}.{name}" in BY_MNEMONIC
        ]
        assert found
        for rule in found:
            if operation in TABLES:
                rows = ["".join(str(rule(a, b)) for b in LEVELS) for a in LEVELS]
                assert " ".join(rows) == TABLES[operation]
            else:
                assert "".join(str(rule(a, a)) for a in LEVELS) == UNARY[operation]


def test_where_values_meet_the_higher_level_holds() -> None:
    for left in range(6):
        for right in range(6):
            assert JOIN(left, right) == max(left, right)


def test_a_value_that_is_no_nan_is_a_number_or_the_other() -> None:
    rows = ["".join(str(NOT_NAN(a, b)) for b in LEVELS) for a in LEVELS]
    assert " ".join(rows) == "12345 22345 33345 33345 33345"


def test_what_makes_nans_has_a_rule() -> None:
    assert set(FLOAT_RULES) > MAKERS
    kept = {BY_MNEMONIC[name].opcode for name in ("f32.abs", "f64.neg", "f64.copysign")}
    assert not kept & MAKERS
    assert BY_MNEMONIC["i32.add"].opcode not in FLOAT_RULES


@pytest.mark.parametrize(
    ("bits", "width", "level"),
    [
        (0, 32, Level.FINITE),
        (1 << 31, 32, Level.FINITE),
        (1, 32, Level.NONZERO),
        (1 << 22, 32, Level.NONZERO),
        (1 << 23, 32, Level.NONZERO),
        (0x7F7F_FFFF, 32, Level.NONZERO),
        (0x7F80_0000, 32, Level.NUMBER),
        (0xFF80_0000, 32, Level.NUMBER),
        (0x7F80_0001, 32, Level.FIXED),
        (0x7FC0_0000, 32, Level.FIXED),
        (0, 64, Level.FINITE),
        (1 << 63, 64, Level.FINITE),
        (1 << 51, 64, Level.NONZERO),
        (1 << 52, 64, Level.NONZERO),
        (0x7FEF_FFFF_FFFF_FFFF, 64, Level.NONZERO),
        (0x7FF0_0000_0000_0000, 64, Level.NUMBER),
        (0x7FF0_0000_0000_0001, 64, Level.FIXED),
        (0xFFF8_0000_0000_0000, 64, Level.FIXED),
    ],
)
def test_constants_by_their_bits(bits: int, width: int, level: int) -> None:
    assert level_of_constant(bits, width) == level


def test_fields_of_floats_fill_all_bits_but_the_sign() -> None:
    for width, (exponent, fraction) in EXPONENTS.items():
        assert exponent + fraction == 2 ** (width - 1) - 1
        assert exponent & fraction == 0
