"""Requests as new users get them wrong: the answer says what to write instead."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect as connect_socket

from tests.helpers.nodes import FIRST, SECOND, Client, new_node

EVM_CODE = "0x608060405234801561001057600080fd5b50"
BLOCKS = "write latest, earliest, pending, safe, finalized, or 0x and digits"


def request(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def sending(**fields: Any) -> str:
    return request("eth_sendTransaction", {"from": FIRST, "to": SECOND, **fields})


WRONG = [
    (request("eth_getbalance", FIRST), -32601, "there is eth_getBalance"),
    (request("eth_blockNumbr"), -32601, "there is eth_blockNumber"),
    (
        request("personal_unlockAccount", FIRST, "", 0),
        -32601,
        "Method not found: personal_unlockAccount",
    ),
    (request("eth_getBalance", "0x1234"), -32602, "address: not an address: '0x1234'"),
    (request("eth_getBalance", "name.eth"), -32602, "write 0x and 40 hexadecimal"),
    (
        request("eth_getBalance", FIRST, "12"),
        -32602,
        f"block: not a block: '12': {BLOCKS}",
    ),
    (request("eth_getBalance", FIRST, "newest"), -32602, BLOCKS),
    (request("eth_getBalance", FIRST, "0x99"), -32602, "block height is 0"),
    ('{"jsonrpc":"2.0","id":1,"method":"x","params":{}}', -32602, "params is no list"),
    ('{"id":1,"method":"eth_chainId"}', -32600, "missing required field `jsonrpc`"),
    ("{'jsonrpc':'2.0'}", -32700, "parse error"),
    (sending(value="1.5"), -32602, "transaction: value: not a quantity: '1.5'"),
    (sending(value=-1), -32602, "transaction: value: -1 is not between 0 and 2^256"),
    (sending(gas="a lot"), -32602, "transaction: gas: not a quantity: 'a lot'"),
    (sending(data="0x123"), -32602, "transaction: data: not data: '0x123'"),
    (sending(input="d09de08a"), -32602, "transaction: input: not data: 'd09de08a'"),
    (sending(accessList={}), -32602, "transaction: accessList is a list, not"),
    (
        request("eth_estimateGas", {"from": FIRST, "data": EVM_CODE}),
        -32003,
        "contracts are WebAssembly modules here, not EVM code",
    ),
    (request("eth_sendRawTransaction", "0x"), -32602, "Empty transaction data"),
    (
        request("eth_call", {"to": FIRST}, "latest", {SECOND: {"balance": "much"}}),
        -32602,
        "state overrides: balance: not a quantity: 'much'",
    ),
    (
        request("eth_call", {"to": FIRST}, "latest", {}, {"number": "next"}),
        -32602,
        "block overrides: number: not a quantity: 'next'",
    ),
    (request("eth_getLogs", {"topics": ["Transfer"]}), -32602, "filter: topics: not a"),
    (request("eth_getLogs", {"address": "0x1"}), -32602, "filter: address: not a"),
    (request("eth_getLogs", {"fromBlock": "1"}), -32602, "filter: fromBlock: not a"),
    (request("evm_increaseTime", "an hour"), -32602, "seconds: not a quantity"),
    (request("eth_getFilterChanges", "0x99"), -32000, "filter not found"),
    (request("eth_chainId", 1), -32602, "eth_chainId() takes at most 0"),
]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with new_node() as found:
        yield found


@pytest.mark.parametrize(("body", "code", "message"), WRONG)
def test_both_transports_say_what_is_wrong(
    client: Client, body: str, code: int, message: str
) -> None:
    answer = client.ask(body)
    assert answer.status == 200
    error = answer.json["error"]
    assert error["code"] == code
    assert message in error["message"]
    with connect_socket(f"ws://127.0.0.1:{client.port}") as socket:
        socket.send(body)
        assert json.loads(socket.recv()) == answer.json


def test_what_needs_a_connection_says_so_over_http(client: Client) -> None:
    error = client.send("eth_subscribe", "newHeads")["error"]
    assert error["message"] == (
        "Method not found: eth_subscribe; it is served over WebSocket alone"
    )
