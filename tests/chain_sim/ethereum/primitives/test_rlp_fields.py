"""Strict, shallow RLP: what is read, what is refused, and that depth costs nothing."""

from collections.abc import Callable
from random import Random

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.primitives import rlp_fields
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import (
    Encodable,
    encode_item,
    encode_list,
    read_bytes,
    read_fields,
    read_list,
    read_uint,
    uint_bytes,
)
from tests.helpers import rlp_model

items = st.recursive(
    st.binary(max_size=70), lambda inner: st.lists(inner, max_size=6), max_leaves=30
)


def decode_all(data: bytes) -> Encodable:
    """Every level, opened one by one."""
    if data[:1] >= b"\xc0":
        return [decode_all(item) for item in read_list(data, "list")]
    return read_bytes(data, "item")


@given(items)
def test_what_is_encoded_is_read_back(item: Encodable) -> None:
    assert decode_all(encode_item(item)) == item


@given(items)
def test_the_library_encodes_the_same(item: Encodable) -> None:
    assert encode_item(item) == rlp.encode(item)


numbered = st.recursive(
    st.binary(max_size=70) | st.integers(0, 2**300) | st.booleans(),
    lambda inner: st.lists(inner, max_size=6) | st.lists(inner, max_size=6).map(tuple),
    max_leaves=30,
)
EDGES = (0, 1, 0x7F, 0x80, 255, 256, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**256 - 1)


@given(numbered)
def test_numbers_and_tuples_are_encoded_as_the_model_does(item: Encodable) -> None:
    assert encode_item(item) == rlp_model.encode_item(item)


@pytest.mark.parametrize("number", EDGES)
def test_number_is_encoded_as_its_shortest_bytes(number: int) -> None:
    assert encode_item(number) == encode_item(uint_bytes(number))
    assert encode_item([number, (number,)]) == rlp_model.encode_item([number, [number]])


@pytest.mark.parametrize("length", [1_000, 1_021, 1_024, 1_025, 3_000, 70_000])
def test_writer_makes_room(length: int) -> None:
    for item in ([bytes(length)], [b"a", bytes(length), b"b"], [b"x"] * length):
        assert encode_item(item) == rlp_model.encode_item(item)


@given(st.lists(items, max_size=8))
def test_list_of_encoded_items_is_the_list_of_the_items(parts: list[Encodable]) -> None:
    assert encode_list([encode_item(part) for part in parts]) == encode_item(parts)


@pytest.mark.parametrize("number", [-1, -(2**64)])
def test_negative_number_has_no_encoding(number: int) -> None:
    with pytest.raises(OverflowError):
        encode_item([number])


@pytest.mark.parametrize("item", [None, "text", 1.5, bytearray(b"x"), {b"a": b"b"}])
def test_what_is_neither_bytes_number_nor_list_is_refused(item: object) -> None:
    with pytest.raises(TypeError):
        encode_item([item])  # type: ignore[list-item]


def test_list_within_itself_ends_at_the_limit_of_recursion() -> None:
    endless: list[Encodable] = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        encode_item(endless)


def outcome(read: Callable[[], object]) -> object:
    """What was read, or why it was refused."""
    try:
        return read()
    except MalformedRlp as error:
        return error.reason


def readings(module: object, data: bytes) -> list[object]:
    """What each function of the reader makes of the bytes."""
    reader = vars(module)
    return [
        outcome(read)
        for read in (
            lambda: reader["read_list"](data, "it"),
            lambda: reader["read_list"](data, "it", 1),
            lambda: reader["read_fields"](data, "it", 2, 3),
            lambda: reader["read_bytes"](data, "it"),
            lambda: reader["read_bytes"](data, "it", 32),
            lambda: reader["read_uint"](data, "it"),
            lambda: reader["read_uint"](data, "it", 2),
        )
    ]


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused_as_the_model_does(data: bytes) -> None:
    assert readings(rlp_fields, data) == readings(rlp_model, data)


@given(items, st.randoms(use_true_random=False))
def test_damaged_items_are_read_or_refused_as_the_model_does(
    item: Encodable, random: Random
) -> None:
    data = bytearray(encode_item(item))
    place = random.randrange(len(data))
    data[place] = random.choice([0, 0x7F, 0x80, 0xB7, 0xB8, 0xBF, 0xC0, 0xF7, 0xFF])
    for damaged in (bytes(data), bytes(data[:place]), bytes(data) + b"\x00"):
        assert readings(rlp_fields, damaged) == readings(rlp_model, damaged)


@pytest.mark.parametrize("first", [0xB8, 0xBF, 0xF8, 0xFF])
@pytest.mark.parametrize("digits", [b"", b"\x00", b"\x37", b"\x38", b"\xff" * 8])
@pytest.mark.parametrize("payload", [0, 55, 56, 57])
def test_long_prefixes_are_read_or_refused_as_the_model_does(
    first: int, digits: bytes, payload: int
) -> None:
    data = bytes((first,)) + digits + bytes(payload)
    assert readings(rlp_fields, data) == readings(rlp_model, data)


@pytest.mark.parametrize("length", [0, 1, 55, 56, 255, 256, 65_535, 65_536])
def test_lengths_are_encoded_as_the_library_does(length: int) -> None:
    for item in (bytes(length), b"\x7f" * length, [b"\x01"] * length, [bytes(length)]):
        assert encode_item(item) == rlp.encode(item)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_the_library_reads_them_or_refused(data: bytes) -> None:
    try:
        expected = rlp.decode(data)
    except rlp.DecodingError:
        with pytest.raises(MalformedRlp):
            decode_all(data)
    else:
        assert encode_item(decode_all(data)) == encode_item(expected) == data


@given(st.integers(0, 2**256 - 1))
def test_number_is_read_back(value: int) -> None:
    assert read_uint(encode_item(uint_bytes(value)), "number") == value


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, "80"), (1, "01"), (127, "7f"), (128, "8180")]
)
def test_number_has_its_shortest_form(value: int, encoded: str) -> None:
    assert encode_item(uint_bytes(value)).hex() == encoded


REFUSED = [
    (lambda: read_list(b"", "tx"), "tx ends too early"),
    (lambda: read_list(b"\x80", "tx"), "tx is not a list"),
    (lambda: read_list(b"\xc0\x01\x02", "tx"), "tx has 2 superfluous bytes"),
    (lambda: read_list(b"\xc2\x01", "tx"), "tx ends too early"),
    (lambda: read_list(b"\xc1\x82\x01\x02", "tx"), "tx has 2 superfluous bytes"),
    (lambda: read_list(b"\xc2\x82\x01", "tx"), "tx ends too early"),
    (lambda: read_list(b"\xf8\x01\x01", "tx"), "tx: long list prefix used for short"),
    (lambda: read_list(b"\xf9\x00\x38", "tx"), "tx: length starts with zero bytes"),
    (lambda: read_list(b"\xff" + b"\xff" * 8, "tx"), "tx ends too early"),
    (lambda: read_fields(b"\xc2\x01\x02", "tx", 3), "tx has 2 fields, not 3"),
    (lambda: read_fields(b"\xc2\x01\x02", "tx", 1), "tx has 2 fields, not 1"),
    (lambda: read_bytes(b"\xc0", "to"), "to is a list"),
    (lambda: read_bytes(b"\x01\x02", "to"), "to has 1 superfluous bytes"),
    (lambda: read_bytes(b"\x81", "to"), "to ends too early"),
    (lambda: read_bytes(b"\x81\x7f", "to"), "to: encoded as short string"),
    (lambda: read_bytes(b"\x82\x01\x02", "to", 3), "to has 2 bytes, not 3"),
    (lambda: read_bytes(b"\x82\x01\x02", "to", 1), "to has 2 bytes, not 1"),
    (lambda: read_uint(b"\x00", "nonce"), "nonce has leading zeros"),
    (lambda: read_uint(b"\x82\x00\x01", "nonce"), "nonce has leading zeros"),
    (lambda: read_uint(b"\x83\x01\x02\x03", "nonce", 2), "nonce has 3 bytes, more"),
    (lambda: read_uint(b"\xa1" + b"\x01" * 33, "r"), "r has 33 bytes, more than 32"),
]


@pytest.mark.parametrize(
    ("read", "reason"), REFUSED, ids=[reason for _, reason in REFUSED]
)
def test_refusal_names_field_and_reason(
    read: Callable[[], object], reason: str
) -> None:
    with pytest.raises(MalformedRlp) as caught:
        read()
    assert caught.value.reason.startswith(reason)


def test_number_of_the_greatest_width_is_taken() -> None:
    assert read_uint(b"\x82\x01\x02", "nonce", 2) == 0x0102


def test_ten_thousand_levels_of_nesting_are_one_refused_field() -> None:
    data = b"\xc0"
    for _ in range(10_000):
        data = _list_of(data)
    (inner,) = read_list(data, "tx")
    with pytest.raises(MalformedRlp) as caught:
        read_bytes(inner, "nonce")
    assert caught.value.reason == "nonce is a list"


def _list_of(payload: bytes) -> bytes:
    if len(payload) < 56:
        return bytes([0xC0 + len(payload)]) + payload
    length = uint_bytes(len(payload))
    return bytes([0xF7 + len(length)]) + length + payload
