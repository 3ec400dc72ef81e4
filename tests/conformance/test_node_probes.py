"""The published probes of a JSON-RPC node: the shape and the code of every answer.

They are run in order on one fresh node; each is a test of its own. An answer must have
what the probe says: anvil's answer, or ours where we differ on purpose. Fields of forks
after London are not expected, more fields than anvil's are allowed.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import websockets
from eth_account import Account

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions
from tests.helpers.nodes import KEYS, Client, served
from tests.helpers.probe_contract import probe_init_code, probe_runtime
from tests.helpers.vectors import vectors_folder, vectors_path

# With this limit the body of 3 MB is too large, as the probe wants it.
LIMITS = Limits(request_bytes=2_000_000)
# A probe without `ours` has anvil's answer where the specification's text decided
# otherwise: what may be left out, and null for what is not there.
LENIENT = {
    "balance, block left out": {"result": "quantity"},
    "block, flag left out": {"result": {"number": "quantity"}},
    "block, flag null": {"result": {"number": "quantity"}},
    "transaction count beyond": {"result": "null"},
    "pending block": {"result": {"hash": "null", "nonce": "null", "stateRoot": "hash"}},
    "pending block now": {"result": {"hash": "null", "transactions": ["object"]}},
    "drop": {"result": "hash"},
}
# Heads are sent without transactions: the specification's text, again.
NO_TRANSACTIONS = {"push": {"result": {"hash": "hash", "number": "quantity"}}}
LATER_FIELDS = {
    "withdrawals",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "baseFeePerBlobGas",
    "blobGasUsedRatio",
    "blobGasPrice",
    "blockTimestamp",
}
PATTERNS = {
    "quantity": r"0x(0|[1-9a-f][0-9a-f]*)",
    "hash": r"0x[0-9a-f]{64}",
    "address": r"0x[0-9a-f]{40}",
    "data": r"0x([0-9a-f]{2})*",
    "bloom": r"0x[0-9a-f]{512}",
}
# Data of one length is a hash to anvil's shapes, of another a quantity.
LOOSE = ("quantity", "hash", "data")
# In a list the first element's shape stands for all, and a creation has another one.
MAYBE_NULL = ("to", "contractAddress")
TYPES = {"bool": bool, "null": type(None), "number": (int, float), "string": str}


@cache
def probes() -> list[dict[str, Any]]:
    path = vectors_path("node") / "probes.json"
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text())["probes"]
    return found


def differences(shape: Any, value: Any, place: str = "") -> Iterator[str]:
    """Where a value has not the shape."""
    if isinstance(shape, dict):
        yield from object_differences(shape, value, place)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place}: {value!r:.80} is no list"
        elif shape:
            for index, item in enumerate(value):
                yield from differences(shape[0], item, f"{place}[{index}]")
    elif not has_kind(shape, value):
        yield f"{place}: {value!r:.80} is no {shape}"


def object_differences(shape: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: {value!r:.80} is no object"
        return
    every = shape.get("*")
    wanted = shape if every is None else dict.fromkeys(value, every)
    for key, item in wanted.items():
        if key not in value and key not in LATER_FIELDS:
            yield f"{place}.{key} is missing"
        elif key in value and not (
            key in MAYBE_NULL and has_address_or_null(value[key])
        ):
            yield from differences(item, value[key], f"{place}.{key}")


def has_address_or_null(value: Any) -> bool:
    return value is None or has_kind("address", value)


def has_kind(kind: str, value: Any) -> bool:
    if kind == "any":
        return True
    if kind == "object":
        return isinstance(value, dict)
    if kind in TYPES:
        is_number = kind == "number" and isinstance(value, bool)
        return isinstance(value, TYPES[kind]) and not is_number
    if not isinstance(value, str):
        return False
    patterns = LOOSE if kind in LOOSE else (kind,)
    return any(re.fullmatch(PATTERNS[one], value) for one in patterns)


class Runner:
    """Runs the probes in order; an answer is looked up by the probe's index."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.saved: dict[str, str] = {
            "$bytecode": "0x" + probe_init_code().hex(),
            "$runtime": "0x" + probe_runtime().hex(),
        }
        self.answers: list[dict[str, Any]] = []

    def run_all(self) -> list[dict[str, Any]]:
        found = probes()
        sockets = [index for index, one in enumerate(found) if is_websocket(one)]
        first = sockets[0]
        for probe in found[:first]:
            self.answers.append(self.run(probe))
        asyncio.run(self.run_websocket(found[first:]))
        return self.answers

    def run(self, probe: Mapping[str, Any]) -> dict[str, Any]:
        if "http" in probe:
            return self.run_http(probe)
        answer = self.client.ask(self.request(probe)).json
        self.save(probe, answer)
        return dict(answer)

    def run_http(self, probe: Mapping[str, Any]) -> dict[str, Any]:
        body = probe["http"]
        if body is not None and body.startswith("(generated"):
            data = "0x" + "00" * 1_500_000
            body = json.dumps(request_of("web3_sha3", [data]))
        answer = self.client.ask(
            body,
            verb=probe.get("verb", "POST"),
            path=probe.get("path", "/"),
            headers=probe.get("headers"),
        )
        found: dict[str, Any] = {"status": answer.status, "headers": answer.headers}
        if answer.headers.get("content-type") == "application/json":
            content = answer.json
            found |= content if isinstance(content, dict) else {"batch": content}
        return found

    async def run_websocket(self, group: list[dict[str, Any]]) -> None:
        url = self.client.url.replace("http", "ws")
        pushes: list[dict[str, Any]] = []
        async with websockets.connect(url) as socket:

            async def answer_to(text: str) -> Any:
                await socket.send(text)
                while True:
                    found = json.loads(await asyncio.wait_for(socket.recv(), 10))
                    if "method" not in found:
                        return found
                    pushes.append(found)

            for probe in group:
                if "push" in probe["anvil_1_7_1"]:
                    while not pushes:
                        text = await asyncio.wait_for(socket.recv(), 10)
                        pushes.append(json.loads(text))
                    self.answers.append({"push": pushes.pop(0)["params"]})
                    continue
                found = await answer_to(self.websocket_text(probe))
                self.answers.append(
                    {"batch": found} if isinstance(found, list) else found
                )

    def websocket_text(self, probe: Mapping[str, Any]) -> str:
        if probe["name"] == "batch":
            batch = [request_of("eth_chainId", []), request_of("eth_blockNumber", [])]
            return json.dumps(batch)
        return "{" if probe["name"] == "not JSON" else self.request(probe)

    def request(self, probe: Mapping[str, Any]) -> str:
        return json.dumps(request_of(probe["method"], self.filled(probe["params"])))

    def filled(self, given: Any) -> Any:
        """The parameters, with what earlier probes saved and with signatures."""
        if isinstance(given, str):
            return self.saved.get(given, given)
        if isinstance(given, list):
            return [self.filled(item) for item in given]
        if not isinstance(given, dict):
            return given
        if "$sign" in given:
            key = DEVELOPER_ACCOUNTS[given["$key"]].private_key
            fields = self.filled(given["$sign"])
            if "to" in fields:
                fields["to"] = bytes.fromhex(fields["to"][2:])
            signed = Account.sign_transaction(fields, key)
            return "0x" + signed.raw_transaction.hex()
        return {self.filled(key): self.filled(value) for key, value in given.items()}

    def save(self, probe: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for name, path in probe.get("save", {}).items():
            value = answer.get("result")
            if path and isinstance(value, dict):
                value = value.get(path)
            if isinstance(value, str):
                self.saved[name] = value


def request_of(method: str, params: Any) -> dict[str, Any]:
    found = {"jsonrpc": "2.0", "id": 1, "method": method}
    return found if params is None else {**found, "params": params}


def is_websocket(probe: Mapping[str, Any]) -> bool:
    return bool(probe["group"] == "websocket")


@pytest.fixture(scope="module")
def answers() -> Iterator[list[dict[str, Any]]]:
    vectors_folder("node")
    options = ServerOptions(limits=LIMITS)
    with (
        Blockchain.in_memory(fees="eip1559") as chain,
        served(Node(chain, KEYS), options) as client,
    ):
        yield Runner(client).run_all()


def expected(probe: Mapping[str, Any]) -> dict[str, Any]:
    """What the answer must have: result, code, message, status, batch or push."""
    anvil = probe["anvil_1_7_1"]
    if "push" in anvil and "parentHash" in anvil["push"]["result"]:
        return NO_TRANSACTIONS
    found = probe.get("ours") or LENIENT.get(probe["name"])
    if found is not None:
        return dict(found)
    if "error" in anvil:
        return {"code": anvil["error"]["code"], "data": anvil["error"].get("data")}
    return {
        key: value for key, value in anvil.items() if key not in ("text", "headers")
    }


def faults(wanted: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    for key, value in wanted.items():
        if value is not None:
            yield from CHECKS[key](key, value, answer)


def error_faults(key: str, value: Any, answer: Mapping[str, Any]) -> Iterator[str]:
    found = answer.get("error", {}).get(key)
    if found != value and not (key == "message" and value in (found or "")):
        yield f"{key} {found}, not {value}: {answer!r:.300}"


def equal_faults(key: str, value: Any, answer: Mapping[str, Any]) -> Iterator[str]:
    found = answer.get({"exact": "result"}.get(key, key))
    if found != value:
        yield f"{key} {found!r:.300}, not {value!r}"


def shape_faults(key: str, value: Any, answer: Mapping[str, Any]) -> Iterator[str]:
    if key not in answer:
        yield f"no {key}: {answer!r:.300}"
    else:
        yield from differences(value, answer[key])


def header_faults(key: str, value: Any, answer: Mapping[str, Any]) -> Iterator[str]:
    for name in value:
        if name in answer["headers"]:
            yield f"header {name} is there"


def batch_faults(
    key: str, wanted: list[dict[str, Any]], answer: Mapping[str, Any]
) -> Iterator[str]:
    found = answer.get(key)
    if not isinstance(found, list) or len(found) != len(wanted):
        yield f"no batch of {len(wanted)}: {answer!r:.300}"
        return
    for one, other in zip(wanted, found, strict=True):
        yield from faults(one, other)


CHECKS = {
    "code": error_faults,
    "message": error_faults,
    "data": error_faults,
    "status": equal_faults,
    "exact": equal_faults,
    "result": shape_faults,
    "push": shape_faults,
    "batch": batch_faults,
    "headers_absent": header_faults,
}


@pytest.mark.parametrize(
    "index",
    range(len(probes())),
    ids=[f"{one['group']}-{one['name']}" for one in probes()],
)
def test_answer_is_as_published(index: int, answers: list[dict[str, Any]]) -> None:
    probe = probes()[index]
    assert [*faults(expected(probe), answers[index])] == []


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("quantity", "0x01x"),
        ("bool", 1),
        ("number", True),
        ({"a": "bool"}, {}),
        (["bool"], [True, 1]),
        ("address", "0x12"),
        ({"*": "bool"}, {"a": 1}),
    ],
)
def test_comparison_sees_what_has_another_shape(shape: Any, value: Any) -> None:
    assert [*differences(shape, value)] != []
