"""The dispatcher of an ABI: what it accepts, refuses and returns, as eth-abi says."""

import json
import random
from collections.abc import Iterator
from typing import Any

import eth_abi
import pytest
from eth_hash.auto import keccak

from chain_sim import Blockchain
from contract_testing import Contract
from tests.helpers.building import build, require_zig, write_contract
from tests.helpers.programs_of_stylus import deployed

# Parameters of functions that return what they are given.
PARAMETERS = (
    ("uint8",),
    ("uint64",),
    ("int24",),
    ("int64",),
    ("uint72",),
    ("uint256",),
    ("int200",),
    ("int256",),
    ("bool",),
    ("address",),
    ("bytes7",),
    ("bytes32",),
    ("bytes",),
    ("string",),
    ("uint64[]",),
    ("bytes32[]",),
    ("address[3]",),
    ("bool", "bytes"),
    ("bytes", "string", "uint16[]"),
    ("(uint64,address,bool[2])", "bytes"),
    ("(uint8,(bytes4,int64))[]",),
    ("int8[2][]", "uint256"),
    ("uint8[2][2]", "string"),
)
LENGTH = 64
FORKS = {"ewasm": "byzantium", "stylus": "arbitrum"}


def entry(text: str, name: str) -> dict[str, Any]:
    """A parameter of an ABI, from its type."""
    end = text.rindex(")") + 1 if text.startswith("(") else 0
    if not end:
        return {"name": name, "type": text}
    parts, depth, start = [], 0, 1
    for place, letter in enumerate(text[:end]):
        depth += (letter == "(") - (letter == ")")
        if (letter == "," and depth == 1) or place == end - 1:
            parts.append(text[start:place])
            start = place + 1
    inner = [entry(part, f"f{place}") for place, part in enumerate(parts)]
    kind = f"tuple{text[end:]}"
    internal = f"struct Item{text[end:]}"
    return {"name": name, "type": kind, "internalType": internal, "components": inner}


def abi_of_echoes() -> list[dict[str, Any]]:
    """Functions that return their arguments."""
    entries = []
    for index, types in enumerate(PARAMETERS):
        inputs = [entry(text, f"a{place}") for place, text in enumerate(types)]
        entries.append(
            {
                "type": "function",
                "name": f"echo{index}",
                "inputs": inputs,
                "outputs": inputs,
                "stateMutability": "view",
            }
        )
    return entries


C_TYPES = {"bool": "bool", "address": "Address", "bytes": "Bytes", "string": "Bytes"}


def c_type(item: dict[str, Any]) -> str:
    text = item["type"]
    if text.endswith("]"):
        return "Words"
    if text == "tuple":
        return "Item"
    if text in C_TYPES:
        return C_TYPES[text]
    if text.startswith("bytes"):
        return "Word"
    kind, bits = text.rstrip("0123456789"), int(text.lstrip("uint"))
    return f"{kind}64_t" if bits <= 64 else "Word"


def source_of(entries: list[dict[str, Any]]) -> str:
    lines = ['#include "c_abi.h"']
    for function in entries:
        name, inputs = function["name"], function["inputs"]
        typed = [(c_type(item), item["name"]) for item in inputs]
        params = ", ".join(f"{kind} {each}" for kind, each in typed)
        kind, value = typed[0][0], "a0"
        if len(inputs) > 1:
            kind = f"{name}_results"
            value = f"({kind}){{{', '.join(each for _, each in typed)}}}"
        lines.append(f"{kind} {name}({params}) {{ return {value}; }}")
    return "\n".join(lines)


def zig_source_of(entries: list[dict[str, Any]]) -> str:
    lines = ['const abi = @import("c_abi");']
    for function in entries:
        name, inputs = function["name"], function["inputs"]
        typed = [(ZIG_TYPES[c_type(item)], item["name"]) for item in inputs]
        params = ", ".join(f"{each}: {kind}" for kind, each in typed)
        kind, value = typed[0][0], "a0"
        if len(inputs) > 1:
            kind = f"abi.{name}_results"
            value = f".{{ {', '.join(f'.{each} = {each}' for _, each in typed)} }}"
        lines.append(f"export fn {name}({params}) {kind} {{ return {value}; }}")
    return "\n".join([*lines, 'pub const panic = @import("std").debug.no_panic;'])


ZIG_TYPES = {"bool": "bool", "uint64_t": "u64", "int64_t": "i64"} | {
    kind: f"abi.{kind}" for kind in ("Address", "Bytes", "Item", "Word", "Words")
}
SOURCES = {".c": source_of, ".zig": zig_source_of}


@pytest.fixture(
    scope="module",
    params=[(ending, host) for ending in SOURCES for host in FORKS],
    ids=lambda param: "-".join(param).removeprefix("."),
)
def echo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Contract]:
    require_zig()
    folder = tmp_path_factory.mktemp("dispatcher")
    ending, host = request.param
    entries = abi_of_echoes()
    abi = json.dumps(entries)
    write_contract(folder, SOURCES[ending](entries), abi, ending)
    built = build(folder, host=host)
    with Blockchain.in_memory(fork=FORKS[host]) as chain:
        yield deployed(chain, built.module, abi=abi)


def decoded(types: tuple[str, ...], data: bytes) -> tuple[Any, ...] | None:
    """What eth-abi reads, strictly; None where it refuses."""
    try:
        return tuple(eth_abi.decode(types, data, strict=True))
    except (eth_abi.exceptions.DecodingError, OverflowError, UnicodeDecodeError):
        return None


def scalar(rng: random.Random, text: str) -> Any:
    if text == "bool":
        return rng.random() < 0.5
    if text == "address":
        return rng.randbytes(20)
    if text == "bytes":
        return rng.randbytes(rng.choice((0, 1, 31, 32, 33, rng.randrange(LENGTH))))
    if text == "string":
        letters = "a\x00é߿ࠀ\ud7ff\U00010000\U0010ffff"
        return "".join(rng.choices(letters, k=rng.randrange(20)))
    if text.startswith("bytes"):
        return rng.randbytes(int(text[5:]))
    bits = int(text.lstrip("uint"))
    lowest = -(1 << bits - 1) if text.startswith("int") else 0
    limits = (lowest, lowest + (1 << bits) - 1, 0, 1)
    return rng.choice((*limits, rng.randrange(lowest, lowest + (1 << bits))))


def value(rng: random.Random, item: dict[str, Any]) -> Any:
    text = item["type"]
    if text.endswith("]"):
        inner, _, length = text[:-1].rpartition("[")
        count = int(length) if length else rng.randrange(4)
        return [value(rng, {**item, "type": inner}) for _ in range(count)]
    if text == "tuple":
        return tuple(value(rng, part) for part in item["components"])
    return scalar(rng, text)


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Arguments with a fault, or other bytes."""
    changed = bytearray(data)
    match rng.randrange(8):
        case 0:
            return rng.randbytes(rng.randrange(200))
        case 1:
            return data[: rng.randrange(len(data) + 1)]
        case 2:
            return data + rng.randbytes(rng.randrange(70))
        case 3 | 4 if data:
            at = rng.randrange(len(data) // 32) * 32
            small = rng.choice((0, 1, 2, 31, 32, 33, 64, 96, len(data), len(data) - 32))
            word = rng.choice((small, small, 2**64 + small, 2**256 - 1 - small))
            changed[at : at + 32] = word.to_bytes(32, "big")
        case 5 if data:
            at = rng.randrange(len(data))
            changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xC0, 0xED, 0xFF))
        case 6 if data:
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        case _:
            pass
    return bytes(changed)


def check(echo: Contract, index: int, count: int) -> tuple[int, int]:
    """Call with so many data; how many were accepted, and refused."""
    types, rng = PARAMETERS[index], random.Random(index)
    inputs = [entry(text, "a") for text in types]
    selector = keccak(f"echo{index}({','.join(types)})".encode())[:4]
    verdicts = [0, 0]
    for _ in range(count):
        data = eth_abi.encode(types, [value(rng, item) for item in inputs])
        data = damaged(rng, data)
        expected = decoded(types, data)
        result = echo.chain.call(echo.address, selector + data)
        assert result.error is None, (types, data.hex(), result.error)
        assert result.succeeded is (expected is not None), (types, data.hex())
        if expected is None:
            assert result.output == b""
        else:
            assert tuple(eth_abi.decode(types, result.output)) == expected
        verdicts[expected is None] += 1
    return verdicts[0], verdicts[1]


@pytest.mark.parametrize("index", range(len(PARAMETERS)))
def test_dispatcher_accepts_what_eth_abi_does(echo: Contract, index: int) -> None:
    accepted, refused = check(echo, index, 60)
    assert min(accepted, refused) > 3 or PARAMETERS[index][0] in ("uint256", "int256")


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(PARAMETERS)))
def test_dispatcher_accepts_what_eth_abi_does_ten_thousand_times(
    echo: Contract, index: int
) -> None:
    check(echo, index, 10_000)
