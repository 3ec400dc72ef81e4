"""Our ABI codec next to eth-abi's: the same bytes, values and refusals."""

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.errors import UnencodableValue
from chain_sim.ethereum.abi.types import parse_type

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "uint8": st.integers(0, 255),
    "uint256": st.integers(0, 2**256 - 1),
    "int16": st.integers(-(2**15), 2**15 - 1),
    "int256": st.integers(-(2**255), 2**255 - 1),
    "address": st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex()),
    "bool": st.booleans(),
    "bytes3": st.binary(min_size=3, max_size=3),
    "bytes": st.binary(max_size=70),
    "string": st.text(max_size=40),
}
Typed = tuple[str, st.SearchStrategy[Any]]


def array_of(item: Typed, size: int | None) -> Typed:
    text, values = item
    low, high = (0, 3) if size is None else (size, size)
    made = st.lists(values, min_size=low, max_size=high).map(tuple)
    return f"{text}[{'' if size is None else size}]", made


def tuple_of(items: list[Typed]) -> Typed:
    text = ",".join(name for name, _ in items)
    return f"({text})", st.tuples(*(values for _, values in items))


TYPES = st.recursive(
    st.sampled_from(list(SCALARS.items())),
    lambda inner: st.one_of(
        st.builds(array_of, inner, st.none() | st.integers(1, 3)),
        st.lists(inner, min_size=1, max_size=3).map(tuple_of),
    ),
    max_leaves=5,
)


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[str, Any]:
    text, values = draw(TYPES)
    return text, draw(values)


@given(typed_values())
def test_values_have_the_bytes_that_eth_abi_gives_and_come_back(
    typed: tuple[str, Any],
) -> None:
    text, value = typed
    data = encode_values([parse_type(text)], [value])
    assert data == encode([text], [value])
    assert decode_values([text], data) == decode([text], data) == (value,)


@given(typed_values(), st.data())
def test_damaged_bytes_that_we_read_have_the_values_that_eth_abi_reads(
    typed: tuple[str, Any], choices: st.DataObject
) -> None:
    """Ours may refuse more: a pointer into the heads, where eth-abi miscounts them."""
    text, value = typed
    damaged = bytearray(encode([text], [value]))
    position = choices.draw(st.integers(0, len(damaged) - 1))
    damaged[position] = choices.draw(st.sampled_from((0, 1, 32, 64, 128, 255)))
    del damaged[choices.draw(st.integers(len(damaged) - 40, len(damaged))) :]
    try:
        ours = decode_values([text], bytes(damaged))
    except MalformedAbiData:
        return
    assert ours == decode([text], bytes(damaged))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("uint8", 256),
        ("bool", 2),
        ("address", 1 << 160),
        ("int8", 128),
        ("bytes3", 1),
        ("bytes", 33),
    ],
)
def test_a_word_of_another_type_is_refused_by_both(text: str, word: int) -> None:
    data = word.to_bytes(32, "big")
    with pytest.raises(MalformedAbiData):
        decode_values([text], data)
    with pytest.raises(DecodingError):
        decode([text], data)


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("uint8", 256, "256"),
        ("uint8", -1, "-1"),
        ("uint8", True, "True"),
        ("int8", 128, "128"),
        ("bool", 1, "1"),
        ("address", "0x11", "'0x11'"),
        ("address", bytes(19), repr(bytes(19))[:5]),
        ("bytes3", b"1234", "b'1234'"),
        ("string", b"a", "b'a'"),
        ("string", "\ud800", r"'\ud800'"),
        ("uint8[2]", [1], "[1]"),
        ("(uint8,bool)", (1,), "(1,)"),
        ("uint8[]", "12", "'12'"),
    ],
)
def test_a_value_of_another_type_is_named(text: str, value: Any, shown: str) -> None:
    with pytest.raises(UnencodableValue) as caught:
        encode_values([parse_type(text)], [value])
    assert str(caught.value).startswith(shown)
    assert str(caught.value).endswith(f"is not of the type {text}")
    assert (caught.value.type_text, caught.value.value) == (text, value)


def test_a_pointer_into_the_heads_is_refused() -> None:
    words = [64, 5, 1]  # (bytes,uint256): at 32 is the number's own head
    data = b"".join(word.to_bytes(32, "big") for word in words) + b"x" + bytes(31)
    assert decode_values(["bytes", "uint256"], data) == (b"x", 5)
    inside = (32).to_bytes(32, "big") + data[32:]
    with pytest.raises(MalformedAbiData):
        decode_values(["bytes", "uint256"], inside)
