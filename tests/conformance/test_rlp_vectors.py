"""Ethereum's RLPTests: every valid item both ways, every invalid one refused."""

import json

import pytest

from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import (
    Encodable,
    encode_item,
    read_bytes,
    read_list,
    uint_bytes,
)
from tests.helpers.vectors import vectors_folder

FILES = {
    "rlptest.json": 28,
    "invalidRLPTest.json": 26,
    "RandomRLPTests/example.json": 1,
}
MARKS = ("VALID", "INVALID")


def cases(file: str) -> dict[str, dict[str, object]]:
    text = vectors_folder("ethereum").joinpath("RLPTests", file).read_text()
    content = json.loads(text)
    assert len(content) == FILES[file]
    return content


def decode_all(data: bytes) -> Encodable:
    if data[:1] >= b"\xc0":
        return [decode_all(item) for item in read_list(data, "list")]
    return read_bytes(data, "item")


def as_item(value: object) -> Encodable:
    """A number of the vectors, which write large ones as `#` and digits."""
    match value:
        case list():
            return [as_item(element) for element in value]
        case int():
            return uint_bytes(value)
        case str() if value.startswith("#"):
            return uint_bytes(int(value[1:]))
        case str():
            return value.encode("latin-1")
    raise TypeError(value)


def as_bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_valid_items_have_the_published_encoding() -> None:
    for name, case in cases("rlptest.json").items():
        item = as_item(case["in"])
        assert encode_item(item) == as_bytes(case["out"]), name
        assert decode_all(as_bytes(case["out"])) == item, name


@pytest.mark.parametrize("file", ["invalidRLPTest.json", "RandomRLPTests/example.json"])
def test_marked_items_are_read_or_refused_as_marked(file: str) -> None:
    for name, case in cases(file).items():
        assert case["in"] in MARKS, name
        data = as_bytes(case["out"])
        if case["in"] == "VALID":
            assert encode_item(decode_all(data)) == data, name
        else:
            with pytest.raises(MalformedRlp):
                decode_all(data)
