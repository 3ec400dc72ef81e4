"""Strict, shallow RLP: what is read, what is refused, and that depth costs nothing."""

from collections.abc import Callable

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import (
    Encodable,
    encode_item,
    read_bytes,
    read_fields,
    read_list,
    read_uint,
    uint_bytes,
)

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
