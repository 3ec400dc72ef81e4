"""What each kind of schema becomes, in both forms, and what is no schema."""

from decimal import Decimal
from typing import Any

import pytest

from chain_sim import CosmosSchema, InvalidSchema, UnfitMessage
from chain_sim.cosmos.schema.composites import (
    Array,
    Dictionary,
    Enum,
    Field,
    FixedTuple,
    Optional,
    Struct,
    Union,
    Variant,
    resolved,
)
from chain_sim.cosmos.schema.draft07 import camel, description_of
from chain_sim.cosmos.schema.scalars import (
    Anything,
    Boolean,
    Integer,
    Null,
    Number,
    Text,
    Type,
    bounds,
    decimal,
    integer,
)
from tests.chain_sim.cosmos.schema.test_schema import of_definition, of_type
from tests.helpers.cosmwasm_schemas import STRING, by_index, node, ref, struct

INTEGER = {"type": "integer"}
WIDE = Integer("integer", *bounds(512, is_signed=True))
X = Field("x", Text())


def kind_of(schema: CosmosSchema) -> Type | None:
    (case,) = schema.variants("execute")
    return case.content if case.content is None else resolved(case.content)


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "array", "items": False}, Array(Union(()))),
        ({}, Anything()),
        (STRING, Text()),
        ({"type": "null"}, Null()),
        ({"type": "boolean"}, Boolean()),
        ({"type": "number"}, Number()),
        (INTEGER, WIDE),
        (
            {"type": "integer", "format": "uint8"},
            integer("uint8", 8, is_signed=False, is_text=False),
        ),
        (
            {"type": "integer", "format": "int128"},
            integer("int128", 128, is_signed=True, is_text=False),
        ),
        ({"type": "integer", "format": "uint7"}, WIDE),
        (
            {"type": "integer", "minimum": Decimal("0.0"), "maximum": 9},
            Integer("integer", 0, 9),
        ),
        ({**STRING, "nullable": True}, Optional(Text())),
        ({"type": ["string", "null"]}, Optional(Text())),
        ({"type": ["string", "boolean"]}, Union((Text(), Boolean()))),
        (
            {"type": ["string", "boolean", "null"]},
            Optional(Union((Text(), Boolean()))),
        ),
        ({"type": "array"}, Array(Anything())),
        ({"type": "array", "items": STRING}, Array(Text())),
        (
            {"type": "array", "items": STRING, "minItems": 1, "maxItems": 2},
            Array(Text(), 1, 2),
        ),
        ({"type": "array", "items": [STRING, True]}, FixedTuple((Text(), Anything()))),
        ({"type": "array", "prefixItems": [STRING]}, FixedTuple((Text(),))),
        ({"type": "object", "additionalProperties": STRING}, Dictionary(Text())),
        ({"properties": {"x": STRING}, "title": "T"}, Struct("T", (
            Field("x", Text(), is_required=False),
        ), is_open=True)),
        (
            {
                "type": "object",
                "title": "T",
                "required": ["x"],
                "properties": {"x": {**STRING, "description": "of it"}},
                "additionalProperties": False,
            },
            Struct("T", (Field("x", Text(), description="of it"),)),
        ),
        ({"allOf": [STRING]}, Text()),
        ({"anyOf": [STRING, {"type": "null"}]}, Optional(Text())),
        (
            {"anyOf": [STRING, INTEGER, {"type": "null"}]},
            Optional(Union((Text(), WIDE))),
        ),
        ({"oneOf": [STRING, INTEGER]}, Union((Text(), WIDE))),
        (
            {"title": "T", "oneOf": [{"type": "string", "enum": ["a"]}]},
            Enum("T", (Variant("a"),)),
        ),
    ],
)  # fmt: skip
def test_a_schema_is_a_type(schema: Any, kind: Type) -> None:
    assert kind_of(of_type(schema)) == kind


def test_names_of_texts_are_an_enum() -> None:
    named = kind_of(of_type(ref("T"), {"T": {"enum": ["a", "b"], "description": "d"}}))
    assert named == Enum("T", (Variant("a", None, "d"), Variant("b", None, "d")))
    constant = kind_of(of_type(ref("T"), {"T": {"const": "a"}}))
    assert constant == Enum("T", (Variant("a"),))


def test_a_struct_may_be_all_of_several() -> None:
    parts = {
        "Base": {
            "type": "object",
            "required": ["x"],
            "properties": {"x": STRING},
            "additionalProperties": False,
        },
        "Whole": {
            "allOf": [ref("Base"), {"properties": {"y": {"type": "boolean"}}}],
            "type": "object",
            "required": ["z"],
            "properties": {"z": STRING},
        },
    }
    found = kind_of(of_type(ref("Whole"), parts))
    assert found == Struct(
        "Whole",
        (X, Field("y", Boolean(), is_required=False), Field("z", Text())),
    )
    opened = {**parts, "Base": {**parts["Base"], "additionalProperties": True}}
    assert isinstance(found, Struct)
    assert kind_of(of_type(ref("Whole"), opened)) == Struct(
        "Whole", found.fields, is_open=True
    )
    numbers = {"N": {"allOf": [{"additionalProperties": STRING}, {"title": "x"}]}}
    with pytest.raises(InvalidSchema, match="N is all of what are no structs"):
        of_type(ref("N"), numbers)


def test_a_struct_may_be_all_of_one_and_of_anything() -> None:
    base = {"type": "object", "required": ["x"], "properties": {"x": STRING}}
    for anything in (True, ref("Any")):
        schema = {"title": "T", "allOf": [base, anything]}
        found = kind_of(of_type(ref("T"), {"T": schema, "Any": True}))
        assert found == Struct("T", (X,), is_open=True)
    with pytest.raises(InvalidSchema, match="'False' is no schema"):
        of_type(ref("T"), {"T": {"allOf": [base, False]}})


def test_a_case_that_only_names_itself_is_no_variant() -> None:
    tagged = {
        "oneOf": [
            {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"type": "string", "enum": ["a"]}},
            },
            STRING,
        ]
    }
    assert isinstance(kind_of(of_type(tagged)), Union)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (5, "'5' is no schema"),
        ({"allOf": [5, {}]}, "'5' is no schema"),
        ({"anyOf": [5, {}]}, "'5' is no schema"),
        ({"$ref": 5}, "there is no '5'"),
        ({"type": "integer", "minimum": True}, "'True' is no bound"),
        ({"type": "integer", "minimum": "1"}, "'1' is no bound"),
        ({"type": "integer", "maximum": 2**511}, "is no bound"),
        ({"type": "array", "minItems": None}, "'None' is no bound"),
        ({"const": 5}, "is an enum of other values than text"),
    ],
)
def test_what_is_no_schema_is_named(schema: Any, reason: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        of_type(schema)
    assert reason in caught.value.reason


def test_the_greatest_bound_is_read() -> None:
    most = 2**511 - 1
    schema = {"type": "integer", "minimum": -most - 1, "maximum": most}
    assert kind_of(of_type(schema)) == Integer("integer", -most - 1, most)


STRING_NODE = node("String", "string")


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        (node("u8", "integer", precision=8, signed=False), integer(
            "u8", 8, is_signed=False, is_text=False
        )),
        (node("Int64", "integer", precision=64, signed=True), integer(
            "Int64", 64, is_signed=True, is_text=True
        )),
        (node("Decimal", "decimal", precision=128, signed=False), decimal(
            "Decimal", 128, is_signed=False
        )),
        (node("a_b_Pair", "tuple", items=[1, 1]), FixedTuple((Text(), Text()))),
        (node("A", "array", items=1), Array(Text())),
        (node("O", "optional", inner=1), Optional(Text())),
        (node("U", "struct"), Null()),
        (node("N", "struct", items=[1]), Text()),
        (node("N", "struct", items=[1, 1]), FixedTuple((Text(), Text()))),
        (
            node("m_S", "struct", properties={"x": {"value": 1, "description": "d"}}),
            Struct("S", (Field("x", Text(), description="d"),)),
        ),
    ],
)  # fmt: skip
def test_a_definition_is_a_type(definition: Any, kind: Type) -> None:
    found = kind_of(of_definition(definition, STRING_NODE))
    assert found is not None
    assert plain(found) == kind


def plain(kind: Any) -> Any:
    """The type with what its references stand for."""
    kind = resolved(kind)
    match kind:
        case Array():
            return Array(plain(kind.item), kind.least, kind.most)
        case Optional():
            return Optional(plain(kind.inner))
        case FixedTuple():
            return FixedTuple(tuple(map(plain, kind.items)))
        case Struct():
            return Struct(
                kind.shown,
                tuple(
                    Field(one.name, plain(one.type), one.is_required, one.description)
                    for one in kind.fields
                ),
                kind.is_open,
            )
    return kind


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (node("A", "tuple"), "a tuple has no list of items"),
        (node("A", "struct", properties=5), "A has no object of properties"),
        (node("A", "enum", cases=5), "A has no object of cases"),
        (node("A", "integer", precision=8, signed=1), "no precision and sign"),
        (node("A", "array", items="1"), "'1' is no index of a definition"),
        (node("A", "array", items=-1), "there is no definition -1"),
    ],
)
def test_a_broken_definition_is_named(definition: Any, reason: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        CosmosSchema.read({"execute": by_index(0, definition)})
    assert reason in caught.value.reason


def test_messages_are_checked_by_their_entry() -> None:
    schema = of_type(struct(x=STRING))
    assert CosmosSchema.read(schema) is schema
    schema.check("execute", {"v": {"x": "y"}})
    with pytest.raises(UnfitMessage) as caught:
        schema.check("execute", {"v": {"x": 5}})
    assert caught.value.path == "$.v.x"
    with pytest.raises(InvalidSchema) as missing:
        schema.check("sudo", {})
    assert missing.value.reason == "the schema has no sudo message: it has execute"


def test_words_of_names_and_descriptions() -> None:
    assert camel("transfer_from") == "TransferFrom"
    assert camel("aB__c") == "ABC"
    assert description_of({"description": "d"}) == "d"
    assert description_of({"description": 5}) == description_of(5) == ""
