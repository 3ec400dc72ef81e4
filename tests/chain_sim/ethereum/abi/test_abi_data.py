"""Untrusted ABI types and values: bounded, and refused with one error each."""

import time

import pytest
from eth_abi.abi import encode

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.types import parse_type


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def test_what_an_encoder_writes_is_read() -> None:
    types = ["bytes[]", "(int64,string)[]", "uint256[][]", "uint8[2][2]"]
    values = ((b"ab", b""), ((-5, "y"),), ((1, 2), (3,)), ((1, 2), (3, 4)))
    assert decode_values(types, encode(types, values)) == values


def test_many_small_arrays_are_read() -> None:
    values = (tuple((number,) for number in range(5_000)),)
    assert decode_values(["uint256[][]"], encode(["uint256[][]"], values)) == values


def test_pointers_to_one_place_are_not_followed_for_ever() -> None:
    # 2,000 times the same 96 kilobytes: 200 megabytes from 160 kilobytes.
    count, size = 2_000, 96 * 1024
    data = words(32, count, *[32 * count] * count, size) + bytes(size)
    began = time.process_time()
    with pytest.raises(MalformedAbiData, match=r"not data of the types \(bytes\[\]\)"):
        decode_values(["bytes[]"], data)
    assert time.process_time() - began < 1


def test_arrays_of_one_array_are_not_followed_for_ever() -> None:
    # Each level has a hundred pointers to the next: 100^4 numbers from 13 kilobytes.
    level = words(100, *[3_200] * 100)
    data = words(32) + level * 3 + words(100, *range(100))
    with pytest.raises(MalformedAbiData):
        decode_values(["uint256[][][][]"], data)


@pytest.mark.parametrize("length", [2**31, 2**63, 2**64, 2**256 - 1])
def test_a_lying_length_is_refused(length: int) -> None:
    for types in (["bytes"], ["uint256[]"], ["string[]"]):
        with pytest.raises(MalformedAbiData) as caught:
            decode_values(types, words(32, length, 1))
        assert caught.value.types == tuple(types)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(uint8]", "is no type of Solidity's ABI"),
        ("(uint8 )", "is no type of Solidity's ABI"),
        ("(uint8", "is no type of Solidity's ABI"),
        ("(uint8)x", "is no type of Solidity's ABI"),
        ("()", "is no type of Solidity's ABI"),
        ("()[1000000000]", "is no type of Solidity's ABI"),
        ("(uint8,())", "is no type of Solidity's ABI"),
        ("(" * 17 + "uint8" + ")" * 17, "has more than 16 nested tuples"),
        ("uint8" + "[]" * 9, "has more than 8 nested arrays"),
        ("uint8" + "[1]" * 330, "has more than 8 nested arrays"),
        ("x" * 1_001, "is a type of 1001 characters"),
        ("uint7", "is no type of Solidity's ABI"),
        ("uint8[\uff11]", "is no type of Solidity's ABI"),
    ],
)
def test_types_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidAbi) as caught:
        parse_type(text)
    shown = text if len(text) <= 80 else f"{text[:80]}..."
    assert caught.value.reason == f"{shown!r} {reason}"


def test_the_deepest_types() -> None:
    deepest = "(" * 16 + "uint8" + ")" * 16
    assert parse_type(deepest).text == deepest
    assert parse_type("uint8" + "[]" * 8).text == "uint8" + "[]" * 8
