"""A message's JSON: from values, and from what is JSON already."""

import pytest

from chain_sim.cosmos.chain.contracts import json_of, message_bytes
from chain_sim.cosmos.errors import CosmosError
from chain_sim.cosmos.schema.errors import UnfitMessage
from chain_sim.cosmos.schema.schema import CosmosSchema
from tests.helpers.cosmwasm_schemas import HACKATOM

SCHEMA = CosmosSchema.read(HACKATOM)


@pytest.mark.parametrize(
    "message",
    [
        '{ "release": {} }',
        b'{ "release": {} }',
        bytearray(b'{ "release": {} }'),
        memoryview(b'{ "release": {} }'),
    ],
    ids=["text", "bytes", "bytearray", "memoryview"],
)
def test_json_is_sent_as_it_is(message: object) -> None:
    found = message_bytes(message)
    assert (found, type(found)) == (b'{ "release": {} }', bytes)


def test_values_become_compact_json() -> None:
    assert message_bytes({"a": [1, "x"]}) == b'{"a":[1,"x"]}'
    assert message_bytes(None) == b"null"


def test_json_of_a_message_is_what_it_says() -> None:
    assert json_of('{"a": [1]}') == {"a": [1]}
    assert json_of(b'{"a": [1]}') == {"a": [1]}
    with pytest.raises(CosmosError):
        json_of("{")


def test_json_is_checked_where_there_is_a_schema() -> None:
    messages: tuple[object, ...] = ('{"nothing": {}}', {"nothing": {}})
    for message in messages:
        with pytest.raises(UnfitMessage):
            message_bytes(message, SCHEMA, "execute")
