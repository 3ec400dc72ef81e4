"""Functions, results and events of an ABI, compared with eth-abi."""

import json
from typing import Any

import pytest
from eth_abi.abi import encode

from chain_sim.ethereum.abi.errors import AmbiguousFunction, InvalidAbi, UnknownFunction
from chain_sim.ethereum.primitives.text import keccak256
from contract_testing.properties.contract_abi import (
    ContractAbi,
    decode_results,
    encode_arguments,
)
from contract_testing.properties.failures import UnusableArguments
from contractvm.hosts.evm.interface import Log

ONE, TWO = b"\1" * 20, b"\2" * 20


def inputs(*types: str, indexed: tuple[bool, ...] = ()) -> list[dict[str, Any]]:
    flags = indexed or (False,) * len(types)
    return [
        {"name": f"p{place}", "type": entry, "indexed": flag}
        for place, (entry, flag) in enumerate(zip(types, flags, strict=True))
    ]


def function(name: str, *types: str, outputs: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": inputs(*types),
        "outputs": inputs(*outputs),
    }


def event(name: str, *types: str, **fields: Any) -> dict[str, Any]:
    indexed = fields.pop("indexed", ())
    return {
        "type": "event",
        "name": name,
        "inputs": inputs(*types, indexed=indexed),
        **fields,
    }


def abi_of(*entries: dict[str, Any]) -> ContractAbi:
    return ContractAbi(json.dumps(entries).encode())


def topic(signature: str) -> bytes:
    return bytes(keccak256(signature.encode()))


OVERLOADED = (function("put", "uint8"), function("put", "address"), function("get"))


def test_a_function_is_found_by_name_or_signature() -> None:
    abi = abi_of(*OVERLOADED)
    assert abi.function("get").signature == "get()"
    assert abi.function("put(address)").signature == "put(address)"
    with pytest.raises(AmbiguousFunction) as caught:
        abi.function("put")
    assert caught.value.signatures == ("put(uint8)", "put(address)")
    with pytest.raises(UnknownFunction):
        abi.function("take")


@pytest.mark.parametrize("arguments", [(), (1, 2), (256,), (-1,), ("x",), (None,)])
def test_arguments_that_do_not_fit_are_an_error(arguments: tuple[Any, ...]) -> None:
    found = abi_of(*OVERLOADED).function("put(uint8)")
    with pytest.raises(UnusableArguments):
        encode_arguments(found, arguments)
    assert encode_arguments(found, (255,))[4:] == encode(["uint8"], [255])


@pytest.mark.parametrize(
    ("types", "values", "expected"),
    [
        ((), (), None),
        (("uint256",), (7,), 7),
        (("uint256", "bool"), (7, True), (7, True)),
        (("address",), (ONE,), ONE),
        (("(address,uint8)[]",), ([(TWO, 1)],), [(TWO, 1)]),
    ],
)
def test_results_are_values_with_addresses_as_bytes(
    types: tuple[str, ...], values: tuple[Any, ...], expected: Any
) -> None:
    (found,) = abi_of(function("f", outputs=types)).functions
    assert decode_results(found, encode(types, values)) == expected


@pytest.mark.parametrize("output", [b"", b"\1" * 31, b"\xff" * 32])
def test_output_of_another_form_has_no_values(output: bytes) -> None:
    (found,) = abi_of(function("f", outputs=("string",))).functions
    assert decode_results(found, output) is None


def test_events_have_values_by_name() -> None:
    abi = abi_of(
        function("f"),
        event("Moved", "address", "uint256", "address", indexed=(True, False, True)),
    )
    log = Log(
        ONE,
        (
            topic("Moved(address,uint256,address)"),
            encode(["address"], [ONE]),
            encode(["address"], [TWO]),
        ),
        encode(["uint256"], [5]),
    )
    found = abi.event(log)
    assert (found.name, found.values) == ("Moved", {"p0": ONE, "p1": 5, "p2": TWO})


def test_an_indexed_string_is_only_its_hash() -> None:
    abi = abi_of(function("f"), event("Named", "string", indexed=(True,)))
    name = topic("the name")
    found = abi.event(Log(ONE, (topic("Named(string)"), name), b""))
    assert found.values == {"p0": name}


def test_an_anonymous_event_has_no_topic_of_its_own() -> None:
    abi = abi_of(function("f"), event("Any", "uint8", indexed=(True,), anonymous=True))
    found = abi.event(Log(ONE, (encode(["uint8"], [3]),), b""))
    assert (found.name, found.values) == ("Any", {"p0": 3})


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        ((), b""),
        ((topic("Other(uint8)"),), encode(["uint8"], [1])),
        ((topic("Seen(uint8)"),), b"\1"),
        ((topic("Seen(uint8)"), bytes(32)), encode(["uint8"], [1])),
        ((topic("Seen(uint8)"),), encode(["uint256"], [256])),
    ],
)
def test_a_log_that_the_abi_does_not_know_has_no_name(
    topics: tuple[bytes, ...], data: bytes
) -> None:
    abi = abi_of(function("f"), event("Seen", "uint8"))
    log = Log(ONE, topics, data)
    found = abi.event(log)
    assert (found.name, found.values, found.log) == (None, {}, log)


def test_a_tuple_in_an_event_is_part_of_its_topic() -> None:
    entry = event("Pair", "tuple")
    entry["inputs"][0]["components"] = inputs("uint8", "bool")
    found = abi_of(function("f"), entry).event(
        Log(ONE, (topic("Pair((uint8,bool))"),), encode(["(uint8,bool)"], [(1, True)]))
    )
    assert found.values == {"p0": (1, True)}


def test_a_document_without_functions_is_refused() -> None:
    with pytest.raises(InvalidAbi):
        abi_of(event("Seen", "uint8"))
