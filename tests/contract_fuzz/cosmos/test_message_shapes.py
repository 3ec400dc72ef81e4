"""Shapes of messages, from schemas and templates, and the values made of them."""

import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim import CosmosSchema
from chain_sim.cosmos.schema import composites, scalars
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cosmos.inputs import kinds_of, name_of
from contract_fuzz.cosmos.shapes import (
    Anything,
    Boolean,
    Choice,
    Constant,
    Fields,
    InvalidTemplate,
    Items,
    Number,
    Reference,
    Schema,
    Shape,
    Text,
    TypeReader,
    read_template,
    schema_of,
)
from contract_fuzz.cosmos.values import MessageValues, fits
from contract_fuzz.inputs.dictionary import Dictionary
from contractvm.hosts.cosmwasm.json_text import compact_json

WORDS = Dictionary((0, 1, 7, 2**128 - 1), (), (b"name", b"\xff\xfe", b"a b"))
ADDRESSES = ("cosmos1aaa", "cosmos1bbb")
VARIANTS = {
    "title": "ExecuteMsg",
    "oneOf": [
        {"type": "string", "enum": ["pause", "resume"]},
        {
            "type": "object",
            "required": ["send"],
            "properties": {
                "send": {
                    "type": "object",
                    "required": ["amount", "to"],
                    "properties": {
                        "amount": {"$ref": "#/definitions/Uint128"},
                        "to": {"$ref": "#/definitions/Addr"},
                        "msg": {
                            "anyOf": [
                                {"$ref": "#/definitions/Binary"},
                                {"type": "null"},
                            ]
                        },
                        "times": {
                            "type": "integer",
                            "format": "uint8",
                            "minimum": 0.0,
                        },
                    },
                }
            },
            "additionalProperties": False,
        },
    ],
    "definitions": {
        "Uint128": {"type": "string"},
        "Addr": {"type": "string"},
        "Binary": {"type": "string"},
    },
}
SCHEMA = CosmosSchema.read({"execute": VARIANTS})


def values(schema: Schema) -> MessageValues:
    return MessageValues(schema, WORDS, ADDRESSES)


def test_each_variant_of_a_schema_is_a_kind_of_message() -> None:
    kinds = kinds_of("execute", schema_of(SCHEMA.messages["execute"]))
    assert [kind.signature for kind in kinds] == [
        "execute pause",
        "execute resume",
        "execute send",
    ]
    assert kinds[0].shape == Constant("pause")
    assert isinstance(kinds[2].shape, Fields)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32))
def test_generated_and_changed_messages_fit_their_schema(seed: int, case: int) -> None:
    schema = schema_of(SCHEMA.messages["execute"])
    made, random = values(schema), CaseRandom(seed, case)
    value = made.make(schema.shape, random)
    for _ in range(4):
        SCHEMA.check("execute", json.loads(compact_json(value)))
        value = made.change(schema.shape, value, random)


def test_same_numbers_give_the_same_message() -> None:
    schema = schema_of(SCHEMA.messages["execute"])
    first, second = (
        values(schema).make(schema.shape, CaseRandom(5, 6)) for _ in range(2)
    )
    assert first == second


def test_types_that_hold_themselves_end() -> None:
    deep = Schema(
        Reference("tree"),
        (("tree", Fields((("left", Reference("tree"), True),))),),
    )
    value: Any = values(deep).make(deep.shape, CaseRandom(0, 0))
    depth = 0
    while value is not None:
        value, depth = value["left"], depth + 1
    assert depth == 9


def test_template_says_where_values_are_generated() -> None:
    template = {"mint": {"to": "$address", "n": "$number", "kind": "gold", "times": 3}}
    shape = read_template(template)
    assert shape == Fields(
        (
            (
                "mint",
                Fields(
                    (
                        ("to", Text("address"), True),
                        ("n", Number(0, 2**128 - 1, is_text=True), True),
                        ("kind", Constant("gold"), True),
                        ("times", Number(0, 2**32 - 1), True),
                    )
                ),
                True,
            ),
        )
    )
    message = values(Schema(shape)).make(shape, CaseRandom(1, 2))["mint"]
    assert message["kind"] == "gold"
    assert message["n"].isdecimal()
    (kind,) = kinds_of("execute", Schema(shape))
    assert kind.name == "mint"


@pytest.mark.parametrize("depth", [24, 25])
def test_template_has_a_greatest_depth(depth: int) -> None:
    template: Any = "$text"
    for _ in range(depth):
        template = [template]
    if depth <= 24:
        read_template(template)
    else:
        with pytest.raises(InvalidTemplate, match="too deep"):
            read_template(template)


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (
            "decimal",
            lambda text: text.count(".") == 1 and len(text.split(".")[1]) == 18,
        ),
        ("binary", lambda text: b64decode(text, validate=True) is not None),
        ("hex", lambda text: bytes.fromhex(text) is not None),
    ],
)
def test_texts_have_their_form(kind: str, check: Any) -> None:
    shape = Text(kind)
    made = values(Schema(shape))
    for case in range(64):
        assert check(made.make(shape, CaseRandom(3, case)))


def test_fitting_looks_at_the_outermost_part() -> None:
    one = Fields((("a", Number(0, 9), True), ("b", Number(0, 9), False)))
    assert fits(one, {"a": 1})
    assert not fits(one, {"b": 1})
    assert not fits(Number(0, 9), True)
    assert fits(Number(0, 9), 3)
    assert not fits(Number(0, 9), "3")
    assert fits(Number(0, 9, is_text=True), "3")
    assert not fits(Number(0, 9, is_text=True), "three")
    assert not fits(Text("text"), 3)
    assert fits(Choice((one,)), {"b": 1})


@pytest.mark.parametrize(
    ("message", "name"),
    [('{"a":{}}', "a"), ('"pause"', "pause"), ("{}", ""), ("[", ""), ("3", "")],
)
def test_name_of_a_message_is_its_first_key(message: str, name: str) -> None:
    assert name_of(message) == name


TEXT, FLAG = scalars.Text(), scalars.Boolean()
SMALL = scalars.Integer("u8", 0, 255)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (scalars.Null(), Constant(None)),
        (FLAG, Boolean()),
        (scalars.Number("float"), Number(0, 2**32 - 1)),
        (scalars.Base64Bytes(), Text("binary")),
        (scalars.HexBytes("Checksum"), Text("hex")),
        (scalars.Anything(), Anything()),
        (TEXT, Text("text")),
        (scalars.ADDRESS, Text("address")),
        (SMALL, Number(0, 255)),
        (scalars.Integer("Int64", -5, 5, True), Number(-5, 5, is_text=True)),
        (composites.Array(FLAG), Items((Boolean(),))),
        (
            composites.FixedTuple((FLAG, TEXT)),
            Items((Boolean(), Text("text")), is_tuple=True),
        ),
        (composites.Optional(FLAG), Choice((Boolean(), Constant(None)))),
        (composites.Union((TEXT, FLAG)), Choice((Text("text"), Boolean()))),
        (composites.Dictionary(TEXT), Anything()),
        (
            composites.Struct(
                "S",
                (composites.Field("a", FLAG), composites.Field("b", TEXT, False)),
            ),
            Fields((("a", Boolean(), True), ("b", Text("text"), False))),
        ),
        (
            composites.Enum(
                "E", (composites.Variant("a"), composites.Variant("b", FLAG))
            ),
            Choice((Constant("a"), Fields((("b", Boolean(), True),)))),
        ),
    ],
)
def test_each_type_of_a_schema_has_its_shape(kind: scalars.Type, shape: Shape) -> None:
    reader = TypeReader()
    assert reader.shape(kind) == shape
    assert reader.definitions() == ()


def test_a_type_that_holds_itself_is_defined_once() -> None:
    tree, leaf = composites.Reference("Tree"), composites.Reference("Leaf")
    tree.target, leaf.target = composites.Array(tree), FLAG
    reader = TypeReader()
    kinds = composites.FixedTuple((tree, leaf, tree))
    assert reader.shape(kinds) == Items(
        (Reference("0 Tree"), Reference("1 Leaf"), Reference("0 Tree")), is_tuple=True
    )
    assert reader.definitions() == (
        ("0 Tree", Items((Reference("0 Tree"),))),
        ("1 Leaf", Boolean()),
    )


@pytest.mark.parametrize(
    ("template", "shape"),
    [
        ("$decimal", Text("decimal")),
        ("$binary", Text("binary")),
        ("$hex", Text("hex")),
        ("$text", Text("text")),
        ("text", Constant("text")),
        (True, Constant(True)),
        (None, Constant(None)),
        (1.5, Constant(1.5)),
        (2**32 - 1, Number(0, 2**32 - 1)),
        (2**32, Number(0, 2**32)),
        (["$hex", 1.5], Items((Text("hex"), Constant(1.5)), is_tuple=True)),
    ],
)
def test_a_part_of_a_template_has_its_shape(template: Any, shape: Shape) -> None:
    assert read_template(template) == shape


def test_a_template_that_is_too_deep_says_where() -> None:
    template: Any = "$text"
    for _ in range(24):
        template = [template]
    with pytest.raises(InvalidTemplate) as caught:
        read_template({"a": [0, template]})
    place = f"template.a[1]{'[0]' * 23}"
    assert (caught.value.place, caught.value.reason) == (place, "too deep")
    assert str(caught.value) == f"{place}: too deep"
