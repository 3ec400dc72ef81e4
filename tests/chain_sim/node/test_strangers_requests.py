"""Whatever comes as a request: an answer of JSON-RPC, no fault of ours, no hang."""

import json
import random
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.events.subscriptions import Session
from chain_sim.node.methods.table import METHODS
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method
from chain_sim.node.server.dispatcher import Dispatcher
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions
from tests.helpers.nodes import KEYS, connect, new_node
from tests.helpers.probe_contract import probe_init_code

ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
HASH = "0x" + "11" * 32
EXAMPLES: dict[str, Any] = {
    "address": ACCOUNT,
    "block": "latest",
    "boolean": True,
    "data": "0x1234",
    "hash": HASH,
    "32 bytes": HASH,
    "number": "0x1",
    "storage key": "0x0",
    "transaction": {"from": ACCOUNT, "to": ACCOUNT, "value": "0x1"},
    "log filter": {"address": ACCOUNT},
    "trace options": {"tracer": "callTracer"},
    "list of storage key": ["0x0"],
    "text": "newHeads",
}
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
WRONG: list[Any] = [
    None,
    True,
    -1,
    0,
    7,
    1.5,
    1e300,
    2**64,
    2**256,
    10**400,
    "",
    "0x",
    "0x0",
    "0x01",
    "0xg",
    "1" * 500,
    "0x" + "f" * 65,
    "0x" + "f" * 10_000,
    "latest",
    "pending",
    "earliest",
    "\x00\x1b[31m",
    "\U0001f4a5",
    ACCOUNT,
    HASH,
    [],
    [None],
    [ACCOUNT, 1],
    DEEP,
    {},
    {"": ""},
    {"blockHash": HASH},
    {"blockNumber": "0x0", "blockHash": HASH},
    {"requireCanonical": 1},
    {"to": 1},
    {"to": ACCOUNT, "gas": "0x0"},
    {"to": ACCOUNT, "nonce": 2**64 - 1, "value": 2**256 - 1},
    {"from": HASH},
    {"type": "0x3"},
    {"type": 2, "gasPrice": 1},
    {"accessList": [{"address": ACCOUNT, "storageKeys": [1]}]},
    {"accessList": 1, "data": "0x0"},
    {"data": "0x", "input": "0x00"},
    {"data": "0x0061736d01000000"},
    {"data": "0x0061736d0100000001"},
    {"topics": [[[HASH]]]},
    {"fromBlock": "0xffffffff", "toBlock": []},
    {"address": [ACCOUNT] * 2_000},
    {"tracer": "callTracer", "tracerConfig": 7},
    {"tracer": 1},
    {ACCOUNT: {"state": {}, "stateDiff": {}}},
    {ACCOUNT: {"code": "0x0061736d", "nonce": -1}},
    {"blockStateCalls": [{"calls": [{}]}]},
    {"types": {"A": [{"name": "a", "type": "A"}]}, "primaryType": "A", "message": {}},
    {"types": {"EIP712Domain": []}, "domain": {}, "primaryType": "uint256"},
    {"forking": {}},
    {"timestamp": 2**64 - 1, "blocks": 2},
]


@pytest.fixture(scope="module")
def dispatcher() -> Iterator[Dispatcher]:
    with Blockchain.in_memory(fees="eip1559") as chain:
        yield Dispatcher(Node(chain, KEYS), METHODS, Limits(), None)


def ask(dispatcher: Dispatcher, body: bytes) -> Any:
    answer = dispatcher.answer(dispatcher.read(body), Session())
    return json.loads(answer) if answer else None


def checked(dispatcher: Dispatcher, name: str, params: list[Any]) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}
    start = time.monotonic()
    answer = ask(dispatcher, json.dumps(request).encode())
    error = answer.get("error", {})
    assert error.get("code") != -32603, (name, params, error)
    assert ("error" in answer) is not ("result" in answer)
    assert time.monotonic() - start < 10, (name, params)


@pytest.mark.parametrize("row", METHODS.values(), ids=list(METHODS))
def test_wrong_parameters_are_no_fault_of_ours(
    dispatcher: Dispatcher, row: Method
) -> None:
    usual = [EXAMPLES.get(parameter.kind.name) for parameter in row.parameters]
    for place in range(len(usual) + 1):
        for wrong in WRONG:
            params = [*usual[:place], wrong, *usual[place + 1 :]]
            checked(dispatcher, row.name, params)
    checked(dispatcher, row.name, [])
    for wrong in WRONG:
        checked(dispatcher, row.name, [wrong] * len(usual))


def test_damaged_requests_are_answered(dispatcher: Dispatcher) -> None:
    numbers = random.Random(1)
    bodies = [
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": row.name,
                "params": [EXAMPLES.get(one.kind.name) for one in row.parameters],
            }
        ).encode()
        for row in METHODS.values()
        if row.name.startswith(("eth_", "debug_"))
    ]
    for _ in range(3_000):
        body = bytearray(numbers.choice(bodies))
        for _ in range(numbers.randrange(1, 4)):
            place = numbers.randrange(len(body))
            match numbers.randrange(4):
                case 0:
                    body[place] = numbers.randrange(256)
                case 1:
                    del body[place:]
                    body += b" "
                case 2:
                    body[place:place] = bytes(body[place : place + 20])
                case _:
                    body[place:place] = numbers.choice((b"[", b"{", b'"', b"\\", b"-"))
        answer = ask(dispatcher, bytes(body))
        for one in answer if isinstance(answer, list) else [answer or {}]:
            assert one.get("error", {}).get("code") != -32603, bytes(body)


def test_garbage_on_the_wire_gets_no_500_and_the_next_client_is_served() -> None:
    numbers = random.Random(2)
    start = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    pieces = [
        start,
        b"content-length: 99999999999999999999\r\n",
        b"content-length: -1\r\n",
        b"transfer-encoding: chunked\r\n",
        b"expect: 100-continue\r\n",
        b"connection: upgrade\r\nupgrade: websocket\r\n",
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n",
        b"\r\n",
        b"ffffffffffffffff\r\n",
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}',
        b"GET / HTTP/1.1\r\n",
        b"\x81\xff\x00\x00\x00\x00" * 3,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n",
        b"POST /%ff%00 HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ]
    limits = Limits(arrival_seconds=1, end_seconds=1)
    with new_node(ServerOptions(limits=limits)) as client:
        for _ in range(150):
            count = numbers.randrange(1, 8)
            sent = b"".join(numbers.choice(pieces) for _ in range(count))
            if numbers.random() < 0.3:
                sent += numbers.randbytes(numbers.randrange(200))
            with connect(client.port) as raw:
                raw.settimeout(5)
                raw.sendall(sent)
                raw.shutdown(socket.SHUT_WR)
                answer = read_some(raw)
            assert not answer.startswith(b"HTTP/1.1 5"), sent
        client.close()
        assert client.call("eth_chainId") == "0x7a69"


def test_slow_clients_do_not_stop_others() -> None:
    head = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    with new_node() as client:
        slow = [connect(client.port) for _ in range(50)]
        for one in slow:
            one.sendall(head + b"content-length: 1000\r\n\r\n{")
        start = time.monotonic()
        for _ in range(100):
            assert client.call("eth_chainId") == "0x7a69"
            assert client.call("eth_getBalance", ACCOUNT) is not None
        assert time.monotonic() - start < 10
        for one in slow:
            one.close()


def test_contract_that_runs_long_does_not_stop_quick_requests() -> None:
    burn = {"data": "0x" + probe_init_code().hex()}
    with new_node() as client:
        sent = client.send("eth_sendTransaction", burn)["result"]
        contract = client.call("eth_getTransactionReceipt", sent)["contractAddress"]
        call = {"to": contract, "data": "0xf0acd7d5", "gas": "0x2dc6c0"}
        request = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_call",
            "params": [call, "latest"],
        }
        body = json.dumps([request] * 3).encode()
        with connect(client.port) as raw:
            raw.sendall(
                b"POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
                b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                % (len(body), body)
            )
            time.sleep(0.05)
            times = []
            for _ in range(5):
                start = time.monotonic()
                assert client.call("eth_chainId") == "0x7a69"
                times.append(time.monotonic() - start)
            assert min(times) < 0.2
            assert read_some(raw).count(b"out of gas") == 3


def read_some(raw: socket.socket) -> bytes:
    """What comes until the connection closes, or nothing for a while."""
    found = b""
    while True:
        try:
            part = raw.recv(65_536)
        except (ConnectionResetError, TimeoutError):
            return found
        if not part:
            return found
        found += part
