"""Types of values one by one: what each takes and gives, refuses, and counts."""

from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from chain_sim.cosmos.schema import walk as walks
from chain_sim.cosmos.schema.composites import (
    Array,
    Dictionary,
    Enum,
    Field,
    FixedTuple,
    Optional,
    Reference,
    Struct,
    Union,
    Variant,
    nearest_text,
)
from chain_sim.cosmos.schema.errors import UnfitMessage
from chain_sim.cosmos.schema.records import python_name, record
from chain_sim.cosmos.schema.scalars import (
    STANDARD,
    Anything,
    Base64Bytes,
    Boolean,
    HexBytes,
    Null,
    Number,
    Text,
    Type,
    bounds,
    decimal,
    integer,
)
from chain_sim.cosmos.schema.walk import MAX_DEPTH, Walk

U8 = integer("u8", 8, is_signed=False, is_text=False)
I8 = integer("i8", 8, is_signed=True, is_text=True)
CENT = decimal("Decimal", 64, is_signed=True)
PAIR = Struct("Pair", (Field("a", U8), Field("from", Text(), is_required=False)))
OPEN = Struct("Pair", PAIR.fields, is_open=True)
CHOICE = Enum("Choice", (Variant("yes"), Variant("no", PAIR)))
Named = namedtuple("Named", ["a", "from_"])


@dataclass
class Given:
    a: int
    from_: str


@dataclass
class Account:
    address: str


def reference(kind: Type) -> Reference:
    made = Reference("it")
    made.target = kind
    return made


def there(kind: Type, value: Any) -> Any:
    """A value as JSON has it, "path: why not" if it does not fit."""
    try:
        return kind.encode(value, Walk(UnfitMessage), "$")
    except UnfitMessage as error:
        return str(error)


def back(kind: Type, value: Any) -> Any:
    try:
        return kind.decode(value, Walk(UnfitMessage), "$")
    except UnfitMessage as error:
        return str(error)


BOTH_WAYS = [
    (Anything(), {"a": [1, None, True, "x", 1.5]}, {"a": [1, None, True, "x", 1.5]}),
    (Null(), None, None),
    (Boolean(), True, True),
    (Boolean(), False, False),
    (Number(), 5, 5),
    (U8, 0, 0),
    (U8, 255, 255),
    (I8, -128, "-128"),
    (I8, 127, "127"),
    (CENT, Decimal("1.5"), "1.5"),
    (CENT, Decimal("-9.223372036854775808"), "-9.223372036854775808"),
    (CENT, Decimal("9.223372036854775807"), "9.223372036854775807"),
    (Text(), "x", "x"),
    (Base64Bytes(), b"\1\2", "AQI="),
    (HexBytes(), b"\1\xab", "01ab"),
    (STANDARD["Checksum"], bytes(32), "00" * 32),
    (reference(U8), 5, 5),
    (Optional(U8), None, None),
    (Optional(U8), 5, 5),
    (Array(U8, 1, 2), (5,), [5]),
    (Array(U8, 1, 2), (5, 6), [5, 6]),
    (FixedTuple((U8, Text())), (5, "x"), [5, "x"]),
    (Dictionary(I8), {"a": 5, "b": 6}, {"a": "5", "b": "6"}),
    (CHOICE, "yes", "yes"),
    (Union((U8, Text())), 5, 5),
    (Union((U8, Text())), "x", "x"),
]


@pytest.mark.parametrize(("kind", "value", "json"), BOTH_WAYS)
def test_a_value_goes_there_and_comes_back(kind: Type, value: Any, json: Any) -> None:
    assert there(kind, value) == json
    assert type(there(kind, value)) is type(json)
    assert back(kind, json) == value
    assert type(back(kind, json)) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "json"),
    [
        (Anything(), (1, 2), [1, 2]),
        (Number(), 1.5, 1.5),
        (CENT, 2, "2"),
        (CENT, Decimal("2.50"), "2.5"),
        (CENT, Decimal("2.00"), "2"),
        (CENT, Decimal("5E0"), "5"),
        (STANDARD["Decimal"], Decimal("1E1"), "10"),
        (Text(), Account("cosmos1"), "cosmos1"),
        (Base64Bytes(), bytearray(b"\1\2"), "AQI="),
        (Array(U8), [5], [5]),
        (FixedTuple((U8,)), [5], [5]),
        (PAIR, {"a": 1}, {"a": 1}),
        (PAIR, {"a": 1, "from": "x"}, {"a": 1, "from": "x"}),
        (PAIR, {"a": 1, "from_": "x"}, {"a": 1, "from": "x"}),
        (PAIR, {"a": 1, "from": None}, {"a": 1}),
        (PAIR, Named(1, "x"), {"a": 1, "from": "x"}),
        (PAIR, Given(1, "x"), {"a": 1, "from": "x"}),
        (CHOICE, {"no": {"a": 1}}, {"no": {"a": 1}}),
        (Struct("Empty", ()), (), {}),
        (Struct("Empty", ()), {}, {}),
        (Union((Text(), STANDARD["Addr"])), "x", "x"),
    ],
)
def test_other_forms_in_python_mean_the_same(kind: Type, value: Any, json: Any) -> None:
    assert there(kind, value) == json


@pytest.mark.parametrize(
    ("kind", "json", "value"),
    [
        (Number(), Decimal("1.5"), Decimal("1.5")),
        (I8, "-0", 0),
        (CENT, "2.50", Decimal("2.50")),
        (HexBytes(), "AB", b"\xab"),
        (PAIR, {"a": 1}, (1, None)),
        (OPEN, {"a": 1, "more": 2}, (1, None)),
        (CHOICE, {"no": {"a": 1}}, {"no": (1, None)}),
    ],
)
def test_other_forms_in_json_mean_the_same(kind: Type, json: Any, value: Any) -> None:
    assert back(kind, json) == value


HALF = "\ud800"
SHOWN_HALF = "'\\ud800' has half a character"


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (Anything(), HALF, f"$: {SHOWN_HALF}"),
        (Anything(), [HALF], f"$[0]: {SHOWN_HALF}"),
        (Anything(), {"a": [object]}, "$.a[0]: <class 'object'> is no JSON"),
        (Anything(), {1: 2}, "$: {1: 2} is no JSON"),
        (Anything(), float("inf"), "$: inf is no JSON"),
        (Null(), 0, "$: 0 is no null"),
        (Boolean(), 1, "$: 1 is no boolean"),
        (Number(), True, "$: True is no number"),
        (Number(), float("nan"), "$: nan is no number"),
        (Number(), "1", "$: '1' is no number"),
        (U8, 256, "$: 256 does not fit u8 (0 ... 255)"),
        (U8, -1, "$: -1 does not fit u8 (0 ... 255)"),
        (U8, True, "$: True is no u8"),
        (U8, "5", "$: '5' is no u8"),
        (I8, 128, "$: 128 does not fit i8 (-128 ... 127)"),
        (CENT, 1.5, "$: 1.5 is a float; write Decimal('1.5')"),
        (CENT, True, "$: True is no Decimal"),
        (CENT, "1", "$: '1' is no Decimal"),
        (
            CENT,
            Decimal("0." + "1" * 19),
            "$: '0.1111111111111111111' is no Decimal of up to 18 places",
        ),
        (CENT, Decimal("NaN"), "$: 'NaN' is no Decimal of up to 18 places"),
        (
            CENT,
            Decimal("9.223372036854775808"),
            "$: '9.223372036854775808' does not fit Decimal",
        ),
        (Text(), 5, "$: 5 is no string"),
        (Text(), HALF, f"$: {SHOWN_HALF}"),
        (Base64Bytes(), "AQI=", "$: 'AQI=' is no bytes, for Binary"),
        (HexBytes(), "01", "$: '01' is no bytes, for HexBinary"),
        (HexBytes("Sum", 1), b"", "$: b'' is no bytes, for Sum"),
        (Array(U8, 1, 2), [], "$: 0 values, at least 1"),
        (Array(U8, 1, 2), [1, 2, 3], "$: 3 values, at most 2"),
        (Array(U8), "x", "$: 'x' is no array of u8"),
        (Array(U8), [1, 256], "$[1]: 256 does not fit u8 (0 ... 255)"),
        (FixedTuple((U8, Text())), 5, "$: 5 is no [u8, string]"),
        (FixedTuple((U8, Text())), [5], "$: 1 values, not 2"),
        (FixedTuple((U8, Text())), [5, 6], "$[1]: 6 is no string"),
        (Dictionary(U8), [], "$: [] is no u8 by text"),
        (Dictionary(U8), {5: 5}, "$: 5 is no text"),
        (Dictionary(U8), {"a": -1}, "$.a: -1 does not fit u8 (0 ... 255)"),
        (Optional(U8), "x", "$: 'x' is no u8"),
        (PAIR, 5, "$: 5 is no Pair"),
        (PAIR, (1, "x"), "$: (1, 'x') is no Pair"),
        (PAIR, {}, "$.a: missing, a u8"),
        (PAIR, {"a": 1, "b": 2}, "$.b: Pair has no such field"),
        (
            PAIR,
            {"a": 1, "fron": 2},
            "$.fron: Pair has no such field: did you mean from?",
        ),
        (CHOICE, 5, "$: 5 is no Choice: yes or no"),
        (CHOICE, {}, "$: {} is no Choice: yes or no"),
        (CHOICE, "yess", "$.yess: Choice has no such variant: did you mean yes?"),
        (CHOICE, {"yes": {}}, "$.yes: it holds nothing: write its name"),
        (CHOICE, "no", "$.no.a: missing, a u8"),
        (Enum("None", ()), 5, "$: 5 is no None: there is none"),
        (
            Enum("Letter", tuple(Variant(letter) for letter in "abcdefghi")),
            5,
            "$: 5 is no Letter: a or b or c or d or e or f or g or h",
        ),
        (Union((U8, Text())), None, "$: None is no u8 or string"),
        (Union(()), None, "$: None is no no value"),
        (Union((Array(U8), U8)), [1, 256], "$[1]: 256 does not fit u8 (0 ... 255)"),
        (Union((U8, I8)), 5, "$: which of u8 or i8 is meant is not clear"),
    ],
)
def test_what_does_not_fit_there_says_why(kind: Type, value: Any, reason: str) -> None:
    assert there(kind, value) == reason


@pytest.mark.parametrize(
    ("kind", "json", "reason"),
    [
        (Null(), 0, "$: 0 is no null"),
        (Boolean(), "true", "$: 'true' is no boolean"),
        (Number(), True, "$: True is no number"),
        (Number(), "1", "$: '1' is no number"),
        (U8, 256, "$: 256 does not fit u8 (0 ... 255)"),
        (U8, "5", "$: '5' is no u8"),
        (I8, 5, "$: 5 is no i8"),
        (I8, "05", "$: '05' is no i8"),
        (I8, "+5", "$: '+5' is no i8"),
        (I8, "128", "$: 128 does not fit i8 (-128 ... 127)"),
        (CENT, 5, "$: 5 is no Decimal"),
        (CENT, "1.", "$: '1.' is no Decimal of up to 18 places"),
        (CENT, "1e1", "$: '1e1' is no Decimal of up to 18 places"),
        (CENT, "-9.3", "$: '-9.3' does not fit Decimal"),
        (Text(), 5, "$: 5 is no string"),
        (Base64Bytes(), "A", "$: 'A' is no Binary"),
        (Base64Bytes(), 5, "$: 5 is no Binary"),
        (HexBytes(), "0", "$: '0' is no HexBinary"),
        (HexBytes(), "0g", "$: '0g' is no HexBinary"),
        (HexBytes(), 5, "$: 5 is no HexBinary"),
        (HexBytes("Sum", 1), "", "$: '' is no Sum"),
        (HexBytes("Sum", 1), "0101", "$: '0101' is no Sum"),
        (Array(U8), {}, "$: {} is no array of u8"),
        (FixedTuple((U8,)), {}, "$: {} is no [u8]"),
        (Dictionary(U8), {"a": "x"}, "$.a: 'x' is no u8"),
        (PAIR, (1,), "$: (1,) is no Pair"),
        (PAIR, {"a": 1, "more": 2}, "$.more: Pair has no such field"),
        (OPEN, {"more": 2}, "$.a: missing, a u8"),
        (CHOICE, "no", "$: 'no' is no Pair"),
        (CHOICE, {"yes": {}}, "$.yes: it holds nothing: write its name"),
    ],
)
def test_what_does_not_fit_back_says_why(kind: Type, json: Any, reason: str) -> None:
    assert back(kind, json) == reason


@pytest.mark.parametrize(
    ("kind", "value", "json", "steps"),
    [
        (Anything(), [1, [2]], [1, [2]], (4, 1)),
        (Null(), None, None, (1, 1)),
        (Boolean(), True, True, (1, 1)),
        (Number(), 1, 1, (1, 1)),
        (U8, 1, 1, (1, 1)),
        (CENT, 1, "1", (1, 1)),
        (Text(), "x", "x", (1, 1)),
        (Base64Bytes(), b"", "", (1, 1)),
        (HexBytes(), b"", "", (1, 1)),
        (Optional(U8), 1, 1, (2, 2)),
        (Optional(U8), None, None, (1, 1)),
        (Array(U8), [1, 2], [1, 2], (3, 3)),
        (FixedTuple((U8, U8)), [1, 2], [1, 2], (3, 3)),
        (Dictionary(U8), {"a": 1}, {"a": 1}, (2, 2)),
        (PAIR, {"a": 1}, {"a": 1}, (2, 2)),
        (CHOICE, {"no": {"a": 1}}, {"no": {"a": 1}}, (3, 3)),
        # One type does not fit, and is counted again.
        (Union((U8, Text())), "x", "x", (4, 4)),
        (reference(U8), 1, 1, (1, 1)),
    ],
)
def test_each_value_is_a_step(
    monkeypatch: pytest.MonkeyPatch,
    kind: Type,
    value: Any,
    json: Any,
    steps: tuple[int, int],
) -> None:
    for convert, given, count in zip((there, back), (value, json), steps, strict=True):
        monkeypatch.setattr(walks, "MAX_STEPS", count)
        assert "values were tried" not in str(convert(kind, given))
        monkeypatch.setattr(walks, "MAX_STEPS", count - 1)
        reason = f"more than {count - 1:,} values were tried"
        assert str(convert(kind, given)).endswith(reason)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_a_walk_goes_down_to_its_depth_and_comes_up_again() -> None:
    deepest = nested(MAX_DEPTH)
    assert there(Anything(), [deepest[0], deepest[0]]) == [deepest[0]] * 2
    reason = f"nested deeper than {MAX_DEPTH} levels"
    assert str(there(Anything(), nested(MAX_DEPTH + 1))).endswith(reason)
    kind: Type = U8
    for _ in range(MAX_DEPTH):
        kind = reference(kind)
    for convert in (there, back):
        assert convert(Array(kind), [1, 2]) in ([1, 2], (1, 2))
        assert str(convert(reference(kind), 1)) == f"$: {reason}"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (Anything(), "any JSON"),
        (Optional(U8), "u8 or null"),
        (Array(Optional(U8)), "array of u8 or null"),
        (FixedTuple((U8, Text())), "[u8, string]"),
        (Dictionary(U8), "u8 by text"),
        (Union((U8, Text())), "u8 or string"),
        (Union(()), "no value"),
        (reference(U8), "it"),
    ],
)
def test_a_type_is_shown_in_a_word_or_two(kind: Type, shown: str) -> None:
    assert kind.shown == shown


@pytest.mark.parametrize(
    ("bits", "is_signed", "least", "most"),
    [(8, False, 0, 255), (8, True, -128, 127), (64, False, 0, 2**64 - 1)],
)
def test_bounds_follow_from_the_bits(
    bits: int, is_signed: bool, least: int, most: int
) -> None:
    assert bounds(bits, is_signed=is_signed) == (least, most)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("a", "a"), ("from", "from_"), ("a-b", "a_b"), ("1st", "_1st"), ("", "_")],
)
def test_names_are_those_of_python(name: str, attribute: str) -> None:
    assert python_name(name) == attribute


def test_records_have_names() -> None:
    made = record("1st", ["a", "from", "a"], [1, 2, 3])
    assert type(made).__name__ == "Struct_1st"
    assert made._asdict() == {"a": 1, "from_": 2, "_2": 3}
    assert type(record("Pair", ["a"], [1])).__name__ == "Pair"


def test_the_nearest_names_are_told() -> None:
    assert nearest_text("transfr", ["burn", "transfer"]) == ": did you mean transfer?"
    assert nearest_text("zzz", ["burn"]) == ""
