"""Schemas in their three forms: what they say, and what is refused."""

import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from chain_sim import CosmosSchema, InvalidSchema, UnfitAnswer, UnfitMessage
from chain_sim.cosmos.schema import documents, walk
from tests.helpers.cosmwasm_schemas import (
    COIN,
    COIN_DEFINITIONS,
    HACKATOM,
    HACKATOM_BY_INDEX,
    STRING,
    by_index,
    case,
    enum,
    node,
    ref,
    struct,
    variant,
    write_folder,
    write_json,
)

INTEGERS = {"Uint64": 64, "Uint128": 128, "Uint256": 256, "Uint512": 512}


def of_type(schema: Any, definitions: Any = None) -> CosmosSchema:
    """A contract whose message is one value of a type, and whose answer is, too."""
    extra = {} if definitions is None else {"definitions": definitions}
    answer = {**schema, **extra} if isinstance(schema, dict) else schema
    return CosmosSchema.read(
        {
            "execute": enum("ExecuteMsg", variant("v", schema), **extra),
            "responses": {"v": answer},
        }
    )


def of_definition(definition: dict[str, Any], *more: dict[str, Any]) -> CosmosSchema:
    """The same in the form with indices; the first definition is the type."""
    return CosmosSchema.read(
        {
            "execute": by_index(
                1 + len(more),
                definition,
                *more,
                node("E", "enum", cases={"v": {"type": "tuple", "items": [0]}}),
            ),
            "responses": {"v": by_index(0, definition, *more)},
        }
    )


def converted(schema: CosmosSchema, value: Any) -> Any:
    """A value as JSON has it, after it came back as the same value."""
    found = schema.encode("execute", {"v": value})["v"]
    assert schema.decode_answer({"v": {}}, json.loads(json.dumps(found))) == value
    return found


def refusal(schema: CosmosSchema, value: Any) -> tuple[str, str]:
    with pytest.raises(UnfitMessage) as caught:
        schema.encode("execute", {"v": value})
    return caught.value.path, caught.value.reason


# Forms


@pytest.mark.parametrize("form", ["file", "index", "folder", "text", "bytes", "dict"])
def test_each_form_says_the_same(form: str, tmp_path: Path) -> None:
    source: Any = {
        "file": lambda: write_json(tmp_path / "hackatom.json", HACKATOM),
        "index": lambda: HACKATOM_BY_INDEX,
        "folder": lambda: write_folder(tmp_path / "hackatom" / "schema", HACKATOM),
        "text": lambda: json.dumps(HACKATOM),
        "bytes": lambda: json.dumps(HACKATOM_BY_INDEX).encode(),
        "dict": lambda: HACKATOM,
    }[form]()
    schema = CosmosSchema.read(source)
    assert schema.name == "hackatom"
    names = {
        entry: [each.name for each in schema.variants(entry)]
        for entry in ("execute", "query", "sudo")
    }
    assert names == {
        "execute": ["release", "cpu_loop", "allocate_large_memory", "panic"],
        "query": ["verifier", "recurse", "get_int"],
        "sudo": ["steal_funds"],
    }
    message = {
        "steal_funds": {"recipient": "x", "amount": [{"amount": 5, "denom": "y"}]}
    }
    assert schema.encode("sudo", message) == {
        "steal_funds": {"recipient": "x", "amount": [{"amount": "5", "denom": "y"}]}
    }
    answered = schema.decode_answer({"recurse": {}}, {"hashed": "AQI="})
    assert answered.hashed == b"\1\2"
    assert schema.encode("migrate", {"verifier": "x"}) == {"verifier": "x"}


def test_a_folder_with_one_file_of_the_contract_is_that_file(tmp_path: Path) -> None:
    write_json(tmp_path / "hackatom.json", HACKATOM)
    assert CosmosSchema.read(tmp_path).version == "0.0.0"
    write_json(tmp_path / "other.json", HACKATOM)
    with pytest.raises(
        InvalidSchema, match=r"there are hackatom.json, other.json; give"
    ):
        CosmosSchema.read(tmp_path)


def test_the_oldest_names_of_files_are_known(tmp_path: Path) -> None:
    write_json(tmp_path / "handle_msg_for__empty.json", HACKATOM["execute"])
    write_json(tmp_path / "init_msg.json", HACKATOM["instantiate"])
    schema = CosmosSchema.read(tmp_path)
    assert list(schema.messages) == ["instantiate", "execute"]
    write_json(tmp_path / "cw1_handle_msg.json", HACKATOM["execute"])
    with pytest.raises(InvalidSchema, match=r"rename one to handle_msg\.json"):
        CosmosSchema.read(tmp_path)


def test_an_answer_is_found_by_what_the_query_says_of_it(tmp_path: Path) -> None:
    told = {**variant("who", struct()), "description": "Return type: OwnerResponse."}
    write_json(tmp_path / "query_msg.json", {"anyOf": [told]})
    write_json(tmp_path / "owner.json", struct("OwnerResponse", owner=STRING))
    schema = CosmosSchema.read(tmp_path)
    assert schema.decode_answer({"who": {}}, {"owner": "x"}).owner == "x"


# Values


@pytest.mark.parametrize("name", INTEGERS)
def test_an_integer_of_cosmwasm_is_an_int(name: str) -> None:
    schema = of_type(ref(name), {name: STRING})
    most = 2 ** INTEGERS[name] - 1
    assert converted(schema, 0) == "0"
    assert converted(schema, most) == str(most)
    for wrong in (-1, most + 1):
        assert refusal(schema, wrong)[0] == "$.v"
    assert refusal(schema, "5") == ("$.v", f"'5' is no {name}")
    assert refusal(schema, True) == ("$.v", f"True is no {name}")
    with pytest.raises(UnfitAnswer, match=r"\$: '01' is no"):
        schema.decode_answer({"v": {}}, "01")


@pytest.mark.parametrize(
    ("form", "least", "most"),
    [("uint8", 0, 255), ("int8", -128, 127), ("uint64", 0, 2**64 - 1)],
)
def test_an_integer_of_rust_is_a_number(form: str, least: int, most: int) -> None:
    schema = of_type({"type": "integer", "format": form, "minimum": 0.0})
    assert [converted(schema, each) for each in (least, most)] == [least, most]
    for wrong in (least - 1, most + 1, 1.0):
        refusal(schema, wrong)


def test_by_index_rusts_integers_are_numbers_and_others_text() -> None:
    for name, is_text in (("u128", False), ("cosmwasm_std_Uint128", True)):
        schema = of_definition(node(name, "integer", precision=128, signed=False))
        assert converted(schema, 7) == ("7" if is_text else 7)


@pytest.mark.parametrize("value", [Decimal("1.5"), Decimal("0.000000000000000001")])
def test_a_decimal_has_eighteen_places(value: Decimal) -> None:
    schema = of_type(ref("Decimal"), {"Decimal": STRING})
    assert converted(schema, value) == format(value, "f")
    assert converted(schema, 3) == "3"
    assert "18 places" in refusal(schema, Decimal("1e-19"))[1]
    assert "write Decimal" in refusal(schema, 0.5)[1]
    most = Decimal("340282366920938463463.374607431768211455")
    assert converted(schema, most) == str(most)
    assert "does not fit" in refusal(schema, Decimal(f"{most}"[:-1] + "6"))[1]


def test_bytes_are_bytes_in_both_encodings() -> None:
    assert converted(of_type(ref("Binary"), {"Binary": STRING}), b"\1\2") == "AQI="
    assert converted(of_type(ref("HexBinary"), {"HexBinary": STRING}), b"\1") == "01"
    checksum = of_type(ref("Checksum"), {"Checksum": STRING})
    assert converted(checksum, bytes(32)) == "00" * 32
    assert refusal(checksum, bytes(31))[0] == "$.v"
    assert refusal(of_type(ref("Binary"), {"Binary": STRING}), "AQI=")[0] == "$.v"


def test_a_type_of_the_same_name_that_is_no_text_is_its_own() -> None:
    schema = of_type(ref("Decimal"), {"Decimal": struct(x=STRING)})
    assert schema.encode("execute", {"v": {"x": "1"}}) == {"v": {"x": "1"}}


def test_nothing_is_left_out_or_null() -> None:
    content = struct(memo={"type": ["string", "null"]})
    content["required"] = []
    schema = of_type(content)
    assert schema.encode("execute", {"v": {}}) == {"v": {}}
    assert schema.encode("execute", {"v": {"memo": None}}) == {"v": {}}
    assert schema.decode_answer({"v": {}}, {}).memo is None
    by_number = of_definition(
        node("S", "struct", properties={"memo": {"value": 1}}),
        node("O", "optional", inner=2),
        node("String", "string"),
    )
    assert by_number.encode("execute", {"v": {}}) == {"v": {}}


def test_arrays_and_tuples_have_their_length() -> None:
    pair = {"type": "array", "items": [STRING, {"type": "integer"}]}
    assert converted(of_type(pair), ("x", 1)) == ["x", 1]
    assert refusal(of_type(pair), ("x",)) == ("$.v", "1 values, not 2")
    some = of_type({"type": "array", "items": STRING, "minItems": 1, "maxItems": 2})
    assert converted(some, ("x",)) == ["x"]
    assert refusal(some, ())[1] == "0 values, at least 1"
    assert refusal(some, ("x", "y", "z"))[1] == "3 values, at most 2"
    assert refusal(some, ("x", 1))[0] == "$.v[1]"


def test_a_nested_enum_is_a_name_or_a_mapping_of_one() -> None:
    expiration = {
        "oneOf": [
            variant("at_height", {"type": "integer", "format": "uint64"}),
            variant("never", struct()),
            {"type": "string", "enum": ["soon"]},
        ]
    }
    schema = of_type(ref("Expiration"), {"Expiration": expiration})
    assert converted(schema, {"at_height": 5}) == {"at_height": 5}
    assert converted(schema, "soon") == "soon"
    assert schema.encode("execute", {"v": "never"}) == {"v": {"never": {}}}
    assert refusal(schema, "nevr") == (
        "$.v.nevr",
        "Expiration has no such variant: did you mean never?",
    )
    assert refusal(schema, {"soon": {}})[1] == "it holds nothing: write its name"
    with pytest.raises(UnfitAnswer):
        schema.decode_answer({"v": {}}, "never")


def test_enums_of_enums_are_one() -> None:
    schema = CosmosSchema.read(
        {
            "execute": {
                "anyOf": [ref("Own"), ref("Base")],
                "definitions": {
                    "Own": {"oneOf": [variant("mint", struct())]},
                    "Base": {"oneOf": [variant("burn", struct())]},
                },
            }
        }
    )
    assert [each.name for each in schema.variants("execute")] == ["mint", "burn"]


def test_alternatives_without_names_are_never_guessed() -> None:
    schema = of_type(
        {"anyOf": [ref("Uint128"), {"type": "integer"}, {"type": "boolean"}]},
        {"Uint128": STRING},
    )
    assert schema.encode("execute", {"v": True}) == {"v": True}
    assert "is meant is not clear" in refusal(schema, 5)[1]
    assert schema.decode_answer({"v": {}}, "5") == 5


def test_the_alternative_that_came_furthest_says_what_is_wrong() -> None:
    schema = of_type({"anyOf": [struct(a=STRING, b=struct(c=STRING)), STRING]})
    assert refusal(schema, {"a": "x", "b": {"c": 1}}) == ("$.v.b.c", "1 is no string")


def test_names_that_python_has_taken_get_an_underscore() -> None:
    schema = of_type(
        {**struct("T"), "properties": {"from": STRING}, "required": ["from"]}
    )
    for given in ({"from": "x"}, {"from_": "x"}):
        assert schema.encode("execute", {"v": given}) == {"v": {"from": "x"}}
    assert schema.decode_answer({"v": {}}, {"from": "x"}).from_ == "x"


def test_structs_are_taken_as_people_have_them() -> None:
    schema = of_type(ref("Coin"), {**COIN_DEFINITIONS, "Coin": COIN})
    coin = schema.decode_answer({"v": {}}, {"amount": "5", "denom": "x"})
    assert type(coin).__name__ == "Coin"
    assert converted(schema, coin) == {"amount": "5", "denom": "x"}
    assert refusal(schema, 5) == ("$.v", "5 is no Coin")
    assert refusal(schema, {"amount": 5})[0] == "$.v.denom"
    assert refusal(schema, {"amount": 5, "denom": "x", "denm": "y"}) == (
        "$.v.denm",
        "Coin has no such field: did you mean denom?",
    )


def test_an_open_answer_may_say_more_and_a_closed_one_not() -> None:
    content = struct(a=STRING)
    closed = of_type(content)
    opened = of_type({key: content[key] for key in ("type", "properties", "required")})
    assert opened.decode_answer({"v": {}}, {"a": "x", "b": 1}).a == "x"
    with pytest.raises(UnfitAnswer, match=r"\$\.b: VResponse has no such field"):
        closed.decode_answer({"v": {}}, {"a": "x", "b": 1})
    # What is sent is never more than the schema says.
    assert refusal(opened, {"a": "x", "b": 1})[0] == "$.v.b"


def test_half_a_character_is_refused() -> None:
    assert refusal(of_type(STRING), "\ud800")[0] == "$.v"
    assert refusal(of_type({}), ["\ud800"])[0] == "$.v[0]"


# Hostile schemas


def test_types_that_contain_themselves_end_at_a_depth() -> None:
    tree = {"type": "array", "items": ref("Tree")}
    schema = of_type(ref("Tree"), {"Tree": tree})
    deep: Any = ()
    for _ in range(walk.MAX_DEPTH - 1):
        deep = (deep,)
    schema.encode("execute", {"v": deep})
    assert "nested deeper than 64" in refusal(schema, (deep,))[1]
    endless: list[Any] = []
    endless.append(endless)
    assert "nested deeper" in refusal(schema, endless)[1]
    assert "nested deeper" in refusal(of_type({}), endless)[1]


@pytest.mark.parametrize(
    "definitions",
    [
        {"A": ref("A")},
        {"A": ref("B"), "B": {"allOf": [ref("A")]}},
        {"A": {"allOf": [ref("A")]}},
    ],
)
def test_references_in_a_circle_are_refused(definitions: Any) -> None:
    with pytest.raises(InvalidSchema, match="more than 64 references to references"):
        of_type(ref("A"), definitions)


def test_an_optional_of_itself_is_refused_when_it_is_used() -> None:
    schema = of_type(ref("A"), {"A": {"anyOf": [ref("A"), {"type": "null"}]}})
    assert schema.encode("execute", {"v": None}) == {"v": None}
    assert "nested deeper" in refusal(schema, 5)[1]
    circle = of_definition(node("A", "optional", inner=0))
    assert "nested deeper" in refusal(circle, 5)[1]


def test_sixty_four_references_in_a_row_are_read_and_one_more_is_not() -> None:
    def row(count: int) -> Any:
        names = [f"A{place}" for place in range(count)]
        chain = {name: ref(after) for name, after in pairwise(names)}
        return {**chain, names[-1]: STRING}

    of_type(ref("A0"), row(64))
    with pytest.raises(InvalidSchema, match="more than 64 references"):
        of_type(ref("A0"), row(65))


def test_alternatives_that_multiply_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_STEPS", 1_000)
    both = {"anyOf": [{"type": "array", "items": ref("A")}] * 2 + [STRING]}
    schema = of_type(ref("A"), {"A": both})
    deep: Any = 5
    for _ in range(20):
        deep = [deep]
    assert refusal(schema, deep)[1] == "more than 1,000 values were tried"
    doubled = {
        f"A{place}": {"oneOf": [ref(f"A{place + 1}")] * 2} for place in range(60)
    }
    with pytest.raises(InvalidSchema, match="more than 10,000 alternatives"):
        of_type(ref("A0"), {**doubled, "A60": {"oneOf": []}})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value"),
        (b"[]", "it is no JSON object"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested deeper than 100"),
        (b"{}", "it has none of instantiate, execute, query, migrate, sudo"),
        (b'{"execute":[]}', "execute is no object"),
        (b'{"execute":{},"idl_version":"2.0.0"}', "idl_version '2.0.0', 1 is known"),
        (b'{"execute":{},"responses":[]}', "responses is no object"),
        (b'{"execute":{"type":"x"}}', "execute: there is no type 'x'"),
        (b'{"execute":{"$ref":"#/definitions/A"}}', "there is no '#/definitions/A'"),
        (b'{"execute":{"oneOf":{}}}', "oneOf is no list"),
        (b'{"execute":{"definitions":[]}}', "definitions is no object"),
        (
            b'{"execute":{"type":"object","required":["a"]}}',
            "requires 'a', and has none",
        ),
        (b'{"execute":{"type":"object","required":1}}', "no list of what is required"),
        (b'{"execute":{"type":"object","properties":1}}', "no object of properties"),
        (b'{"execute":{"enum":[1]}}', "enum of other values than text"),
        (b'{"execute":{"type":"integer","minimum":1e999999}}', "is no bound"),
        (b'{"execute":{"type":"v1"}}', "there is no list of definitions"),
        (b'{"execute":{"type":"v1","root":0,"definitions":[]}}', "no definition 0"),
        (b'{"execute":{"type":"v1","root":true,"definitions":[]}}', "is no index"),
        (b'{"execute":{"type":"v1","root":0,"definitions":[{}]}}', "has no name"),
    ],
)
def test_what_is_no_schema_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        CosmosSchema.read(content)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (node("A", "float16"), "has a type 'float16', which is none"),
        (node("A", "integer", precision=7, signed=True), "no precision and sign"),
        (node("A", "array", items=9), "there is no definition 9"),
        (node("A", "struct", properties={"x": 1}), "A.x has no value"),
        (
            node("A", "enum", cases={"x": {"type": "y"}}),
            "neither unit, named nor tuple",
        ),
        (node("A", "enum", discriminator="t", cases={}), "a discriminator"),
        (node("A", "struct", items=[0]), "more than 64 references to references"),
    ],
)
def test_a_definition_that_says_nothing_is_refused(
    definition: Any, reason: str
) -> None:
    with pytest.raises(InvalidSchema) as caught:
        CosmosSchema.read({"execute": by_index(0, definition)})
    assert reason in caught.value.reason


def test_two_variants_of_one_name_are_refused() -> None:
    twice = enum("E", variant("a", struct()), variant("a", STRING))
    with pytest.raises(InvalidSchema, match="E has two variants of one name"):
        CosmosSchema.read({"execute": twice})


def test_a_file_is_read_up_to_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_json(tmp_path / "a.json", HACKATOM)
    monkeypatch.setattr(documents, "MAX_SCHEMA_BYTES", path.stat().st_size)
    CosmosSchema.read(path)
    CosmosSchema.read(tmp_path)
    monkeypatch.setattr(documents, "MAX_SCHEMA_BYTES", path.stat().st_size - 1)
    for source in (path, tmp_path):
        with pytest.raises(OSError, match="larger than"):
            CosmosSchema.read(source)
    with pytest.raises(InvalidSchema, match="bytes, at most"):
        CosmosSchema.read(path.read_bytes())


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", {"execute": {"type": "x"}})
    with pytest.raises(InvalidSchema) as caught:
        CosmosSchema.read(path)
    assert str(caught.value) == f"{path}: execute: there is no type 'x'"
    with pytest.raises(TypeError, match="schema must be a schema"):
        CosmosSchema.read(5)


def test_a_case_by_index_may_hold_one_value_or_several() -> None:
    cases = {
        "one": {"type": "tuple", "items": [0]},
        "two": {"type": "tuple", "items": [0, 0]},
        "none": {"type": "unit"},
        "named": case(x=0),
    }
    schema = CosmosSchema.read(
        {
            "execute": by_index(
                1, node("String", "string"), node("E", "enum", cases=cases)
            )
        }
    )
    encoded = [
        schema.encode("execute", message)
        for message in (
            {"one": "x"},
            {"two": ("x", "y")},
            "none",
            {"named": {"x": "y"}},
        )
    ]
    assert encoded == [{"one": "x"}, {"two": ["x", "y"]}, "none", {"named": {"x": "y"}}]


def test_many_definitions_are_read_in_time() -> None:
    """Each refers to the next: nothing is walked twice."""
    count = 5_000
    row: Any = {
        f"A{place}": struct(next=ref(f"A{place + 1}")) for place in range(count)
    }
    start = process_time()
    of_type(ref("A0"), {**row, f"A{count}": STRING})
    assert process_time() - start < 5
