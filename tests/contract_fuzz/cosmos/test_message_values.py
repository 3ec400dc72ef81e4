"""Values of shapes: the same for a seed and a case's number, wherever it runs.

The hash of a campaign's report depends on each of them.
"""

import json
from hashlib import sha256
from typing import Any

import pytest

from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cosmos.shapes import (
    Anything,
    Boolean,
    Choice,
    Constant,
    Fields,
    Items,
    Number,
    Reference,
    Schema,
    Shape,
    Text,
)
from contract_fuzz.cosmos.values import MessageValues, fits
from contract_fuzz.inputs.dictionary import Dictionary

WORDS = Dictionary((0, 1, 7, 300, 2**128 - 1), (), (b"name", b"\xff\xfe", b"a b"))
ADDRESSES = ("cosmos1aaa", "cosmos1bbb")
TREE = Fields(
    (
        ("left", Choice((Constant(None), Reference("tree"))), True),
        ("name", Text("text"), False),
    )
)
SMALL, WIDE = Number(3, 9), Number(0, 2**128 - 1, is_text=True)
SHAPES: dict[str, Shape] = {
    "text": Text("text"),
    "address": Text("address"),
    "decimal": Text("decimal"),
    "binary": Text("binary"),
    "hex": Text("hex"),
    "small number": SMALL,
    "number in text": WIDE,
    "signed number": Number(-(2**63), 2**63 - 1),
    "boolean": Boolean(),
    "list": Items((SMALL,)),
    "tuple": Items((SMALL, Text("address")), is_tuple=True),
    "fields": Fields((("a", SMALL, True), ("b", WIDE, False), ("c", Boolean(), False))),
    "no fields": Fields(()),
    "choice": Choice((Constant("x"), SMALL, Items((Boolean(),)))),
    "tree": Reference("tree"),
    "anything": Anything(),
}


def makers(addresses: tuple[str, ...] = ADDRESSES) -> MessageValues:
    return MessageValues(Schema(Anything(), (("tree", TREE),)), WORDS, addresses)


def digest(found: Any) -> str:
    return sha256(json.dumps(found).encode()).hexdigest()[:16]


MADE = {
    "text": ("1fa480da1f618621", "8e27484dc928054a"),
    "address": ("34408597a0df12b1", "24bd0e98363b8d88"),
    "decimal": ("f2e1a32fb46c36e5", "0fa1f2d90aa887ef"),
    "binary": ("765de11df2563dca", "1fe214f6ec7486e3"),
    "hex": ("0a0a8038f2193b70", "14458167e3824fd2"),
    "small number": ("6466e1f542dae776", "653c48605488b30f"),
    "number in text": ("fb36d5fe93e2adbf", "48c6476580b10c7f"),
    "signed number": ("eb5a917ec8c6a47c", "2f1ae97312064669"),
    "boolean": ("9304cd6afb317366", "a4f9871ac890281b"),
    "list": ("b40ec06892b65e88", "0c7d4e1676aab6f8"),
    "tuple": ("246f016a6dd5a9da", "76a5f8735bbdc4f6"),
    "fields": ("aa5f1969cbfeb59b", "d4e8a237e5f76667"),
    "no fields": ("b678b7abdff616db", "b678b7abdff616db"),
    "choice": ("dc932b89c0b283f8", "014aef1e7da927e3"),
    "tree": ("8bd5ebe0866713b9", "263064484b500152"),
    "anything": ("5d358b52a9391d07", "05464f7d1e56a667"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_numbers_of_cases_give_their_values(name: str) -> None:
    shape, values = SHAPES[name], makers()
    made = [values.make(shape, CaseRandom(5, case)) for case in range(400)]
    changed = [
        values.change(shape, value, CaseRandom(6, case))
        for case, value in enumerate(made)
    ]
    assert (digest(made), digest(changed)) == MADE[name]


def test_without_addresses_and_words_values_are_made_all_the_same() -> None:
    values = MessageValues(Schema(Anything()), Dictionary((0,), (), ()), ())
    shapes = (Text("text"), Text("address"), Text("binary"), Anything())
    made = [
        values.make(shape, CaseRandom(5, case))
        for shape in shapes
        for case in range(99)
    ]
    assert digest(made) == "bde784401880ef28"


def made_at(depth: int, name: str) -> list[Any]:
    shape, values = SHAPES[name], makers()
    return [values.make(shape, CaseRandom(5, case), depth) for case in range(99)]


def test_at_the_greatest_depth_values_have_only_what_they_need() -> None:
    assert {len(value) for value in made_at(7, "list")} == {0, 1, 2, 3}
    assert {len(value) for value in made_at(8, "list")} == {0}
    assert {len(value) for value in made_at(7, "fields")} == {1, 2, 3}
    assert {tuple(value) for value in made_at(8, "fields")} == {("a",)}
    assert {str(value)[:1] for value in made_at(7, "choice")} > {"x", "["}
    assert set(made_at(8, "choice")) == {"x"}
    assert None not in made_at(16, "tree")
    assert set(made_at(17, "tree")) == {None}


@pytest.mark.parametrize(
    ("shape", "value", "does"),
    [
        (Constant("x"), "x", True),
        (Constant("x"), "y", False),
        (TREE, {"left": None}, True),
        (TREE, {"name": "x"}, False),
        (TREE, [], False),
        (WIDE, "12", True),
        (WIDE, "-12", True),
        (WIDE, "1" * 160, True),
        (WIDE, "1" * 161, False),
        (WIDE, "1.5", False),
        (WIDE, 12, False),
        (SMALL, 12, True),
        (SMALL, True, False),
        (SMALL, "12", False),
        (Boolean(), True, True),
        (Boolean(), 1, False),
        (Text("hex"), "", True),
        (Text("hex"), None, False),
        (Items((SMALL,)), [1], True),
        (Items((SMALL,)), (1,), False),
        (Anything(), object(), True),
        (Reference("tree"), object(), True),
        (Choice((SMALL,)), object(), True),
    ],
)
def test_a_value_fits_a_shape_by_its_outermost_part(
    shape: Shape, value: object, does: bool
) -> None:
    assert fits(shape, value) is does
