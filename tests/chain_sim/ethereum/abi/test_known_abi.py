"""Call data, logs and revert data, read by the ABI of a file."""

import json
from typing import Any

import pytest

from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.known_abi import (
    MAX_DECODED_BYTES,
    NO_ABI,
    Decoded,
    KnownAbi,
    NamedValue,
    read_known_abi,
)
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.primitives.text import keccak256

HOLDER = "0x00000000000000000000000000000000000000A1"


def abi_of(*entries: dict[str, Any]) -> KnownAbi:
    return read_known_abi(json.dumps(entries).encode())


def param(type_text: str, name: str = "", **more: object) -> dict[str, Any]:
    return {"type": type_text, "name": name, **more}


def encoded(types: str, *values: Any) -> bytes:
    return encode_values(parse_type(types).items, values)


def event(*inputs: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "event", "name": "Moved", "inputs": list(inputs), **more}


def topic(signature: str) -> bytes:
    return bytes(keccak256(signature.encode()))


def values_of(decoded: Decoded | None) -> list[tuple[str, str, Any]] | None:
    if decoded is None:
        return None
    return [(value.name, value.type, value.value) for value in decoded.values]


PUT = {"type": "function", "name": "put", "inputs": [param("uint256", "amount")]}


def test_a_call_is_found_by_its_selector() -> None:
    abi = abi_of(PUT)
    data = topic("put(uint256)")[:4] + encoded("(uint256)", 7)
    assert abi.call(data) == Decoded(
        "put", "put(uint256)", (NamedValue("amount", "uint256", 7),)
    )
    for other in (b"", data[:3], data[:35], b"\0" + data, b"\0\0\0\0" + data[4:]):
        assert abi.call(other) is None


def test_data_is_decoded_up_to_a_size() -> None:
    abi = abi_of({**PUT, "inputs": [param("bytes", "data")]})
    selector = topic("put(bytes)")[:4]
    for room, is_decoded in ((0, True), (32, False)):
        size = (MAX_DECODED_BYTES - 4 - 64) // 32 * 32 + room
        data = selector + encoded("(bytes)", bytes(size))
        assert (len(data) <= MAX_DECODED_BYTES) is is_decoded
        assert (abi.call(data) is not None) is is_decoded
    moved = abi_of(event(param("bytes")))
    for size, is_decoded in ((65_472, True), (65_504, False)):
        log = encoded("(bytes)", bytes(size))
        found = moved.event((topic("Moved(bytes)"),), log)
        assert (found is not None) is is_decoded


def test_half_a_character_in_a_name_is_replaced() -> None:
    """JSON can have one, and no answer could be written with it."""
    abi = abi_of(
        {**PUT, "inputs": [param("uint256", "a\ud800b")]},
        event(param("bool", "\udfff")),
    )
    data = topic("put(uint256)")[:4] + encoded("(uint256)", 7)
    assert values_of(abi.call(data)) == [("a?b", "uint256", 7)]
    log = abi.event((topic("Moved(bool)"),), encoded("(bool)", True))
    assert values_of(log) == [("?", "bool", True)]


def test_errors_are_those_of_the_abi_and_of_solidity() -> None:
    abi = abi_of({"type": "error", "name": "Poor", "inputs": [param("address", "who")]})
    data = topic("Poor(address)")[:4] + encoded("(address)", HOLDER.lower())
    assert values_of(abi.error(data)) == [("who", "address", HOLDER)]
    assert NO_ABI.error(data) is None
    reason = bytes.fromhex("08c379a0") + encoded("(string)", "no")
    assert values_of(NO_ABI.error(reason)) == [("reason", "string", "no")]
    panic = bytes.fromhex("4e487b71") + encoded("(uint256)", 1)
    assert values_of(abi.error(panic)) == [("code", "uint256", 1)]
    assert abi.call(data) is None


def test_an_event_has_its_values_in_order() -> None:
    abi = abi_of(
        event(
            param("uint8", "kind"),
            param("address", "who", indexed=True),
            param("string", "what", indexed=True),
            param("bool"),
        )
    )
    hashed = topic("anything")
    topics = (
        topic("Moved(uint8,address,string,bool)"),
        bytes(12) + bytes.fromhex(HOLDER[2:]),
        hashed,
    )
    data = encoded("(uint8,bool)", 3, True)
    assert values_of(abi.event(topics, data)) == [
        ("kind", "uint8", 3),
        ("who", "address", HOLDER),
        ("what", "", "0x" + hashed.hex()),
        ("arg3", "bool", True),
    ]
    wrong = [
        (topics[:2], data),
        ((*topics, hashed), data),
        ((hashed, *topics[1:]), data),
        ((topics[0], b"\xff" * 32, hashed), data),
        (topics, data[:-1]),
        ((), data),
    ]
    for some_topics, some_data in wrong:
        assert abi.event(some_topics, some_data) is None


@pytest.mark.parametrize("kind", ["uint256[]", "uint256[2]", "bytes"])
def test_a_topic_of_a_long_type_is_only_a_hash(kind: str) -> None:
    abi = abi_of(event(param(kind, "x", indexed=True)))
    topics = (topic(f"Moved({kind})"), bytes(31) + b"\1")
    assert values_of(abi.event(topics, b"")) == [("x", "", "0x" + "00" * 31 + "01")]


def test_an_anonymous_event_has_all_topics() -> None:
    abi = abi_of(event(param("uint256", "x", indexed=True), anonymous=True))
    assert values_of(abi.event((bytes(31) + b"\5",), b"")) == [("x", "uint256", 5)]
    named = abi_of(event(param("uint256", "x", indexed=True)))
    assert named.event((bytes(31) + b"\5",), b"") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[1, null]",
        b'{"abi": {}}',
        b'[{"type": []}]',
        b'[{"type": "constructor", "inputs": []}]',
        b'[{"type": "event"}]',
        b'[{"type": "event", "name": "<b>", "inputs": []}]',
        b'[{"type": "error", "name": "x", "inputs": [{"type": "uint7"}]}]',
        b"\xff",
    ],
)
def test_a_file_without_anything_usable_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidAbi):
        read_known_abi(content)


def test_an_abi_may_have_events_or_errors_alone() -> None:
    assert len(abi_of(event(param("uint256"))).events) == 1
    error = {"type": "error", "name": "Poor", "inputs": []}
    assert len(abi_of(error, {"type": "fallback"}).errors) == 1
