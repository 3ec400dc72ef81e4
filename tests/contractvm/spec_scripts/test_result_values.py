"""Values of scripts: bits of each width, references, and patterns of NaNs."""

from typing import Any

import pytest

from contractvm.spec_scripts.values import (
    UnknownValue,
    describe_expected,
    describe_results,
    parse_value,
    results_match,
)


def value(type_name: str, text: str | None = None) -> dict[str, Any]:
    described: dict[str, Any] = {"type": type_name}
    return described if text is None else {**described, "value": text}


@pytest.mark.parametrize(
    ("described", "parsed"),
    [
        (value("i32", "-1"), 2**32 - 1),
        (value("i64", "-1"), 2**64 - 1),
        (value("f32", "2147483648"), 1 << 31),
        (value("f64", str(2**64 + 5)), 5),
        (value("funcref", "null"), None),
        (value("externref", "null"), None),
        (value("refnull"), None),
        (value("externref", "7"), ("extern", "7")),
    ],
)
def test_arguments_are_bits_and_references(
    described: dict[str, Any], parsed: object
) -> None:
    assert parse_value(described) == parsed


@pytest.mark.parametrize(
    "described", [value("v128", "1"), value("i32"), value("funcref", "1")]
)
def test_other_values_are_named_by_their_type(described: dict[str, Any]) -> None:
    with pytest.raises(UnknownValue) as caught:
        parse_value(described)
    assert caught.value.type_name == described["type"]
    assert str(caught.value) == f"a value of type {described['type']}"


@pytest.mark.parametrize(
    ("bits", "type_name", "canonical", "arithmetic"),
    [
        (0x7FC0_0000, "f32", True, True),
        (0xFFC0_0000, "f32", True, True),
        (0x7FC0_0001, "f32", False, True),
        (0x7FA0_0000, "f32", False, False),
        (0x7F80_0000, "f32", False, False),
        (0x7FF8 << 48, "f64", True, True),
        (0xFFF8 << 48, "f64", True, True),
        ((0x7FF8 << 48) + 1, "f64", False, True),
        (0x7FF4 << 48, "f64", False, False),
    ],
)
def test_patterns_of_nans(
    bits: int, type_name: str, canonical: bool, arithmetic: bool
) -> None:
    for pattern, holds in (("canonical", canonical), ("arithmetic", arithmetic)):
        wanted = [value(type_name, f"nan:{pattern}")]
        assert results_match((bits,), wanted) is holds
    assert not results_match((None,), [value(type_name, "nan:canonical")])


def test_there_are_as_many_results_as_are_wanted() -> None:
    one = value("i32", "1")
    assert results_match((), [])
    assert results_match((1, 1), [one, one])
    assert not results_match((1,), [one, one])
    assert not results_match((1, 2), [one, one])
    assert not results_match((1,), [])


def test_any_reference_of_a_type_and_one_of_several_values() -> None:
    assert results_match(("func 0",), [value("funcref")])
    assert not results_match((None,), [value("funcref")])
    assert not results_match((None,), [value("externref")])
    either = {"type": "either", "values": [value("i32", "1"), value("i32", "2")]}
    assert results_match((2,), [either])
    assert not results_match((3,), [either])


def test_results_are_told_in_words() -> None:
    either = {"type": "either", "values": [value("i32", "1"), value("i64", "2")]}
    assert describe_results((1, None)) == "(1, None)"
    assert describe_expected([either, value("funcref")]) == (
        "(i32 1 or i64 2, funcref any)"
    )
