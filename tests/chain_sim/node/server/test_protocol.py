"""JSON-RPC 2.0: requests, ids, parameters, batches, notifications."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from chain_sim.node.parameters import method
from chain_sim.node.server import dispatcher as dispatcher_module
from chain_sim.node.server.dispatcher import Dispatcher
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions
from contractvm.errors import InternalError
from tests.helpers.nodes import Client, new_node

OK = {"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with new_node(ServerOptions(limits=Limits(batch=5))) as found:
        yield found


def request(**changed: Any) -> str:
    found = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    return json.dumps({**found, **changed})


@pytest.mark.parametrize(
    "request_id",
    [
        "1",
        "-7",
        "1.5",
        "1e3",
        "18446744073709551616",
        '"a"',
        "null",
        "1e999",
        '"\\u0041"',
    ],
)
def test_id_comes_back_byte_for_byte(client: Client, request_id: str) -> None:
    body = f'{{"jsonrpc":"2.0","id":{request_id},"method":"eth_chainId"}}'
    expected = f'{{"jsonrpc":"2.0","id":{request_id},"result":"0x7a69"}}'
    assert client.ask(body).body == expected.encode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", -32700),
        ("{", -32700),
        ("[1", -32700),
        ("nonsense", -32700),
        ("[" * 200_000, -32700),
        ('{"a":' * 200_000, -32700),
        ("1", -32600),
        ("null", -32600),
        ("{}", -32600),
        ("[]", -32600),
        (request(jsonrpc="1.0"), -32600),
        (request(jsonrpc=2), -32600),
        (request(method=7), -32600),
        (request(method=None), -32600),
        (request(extra=1), -32600),
        (request(method="no"), -32601),
        (request(method=""), -32601),
        (request(params={"a": 1}), -32602),
        (request(params="x"), -32602),
        (request(params=[1]), -32602),
        (request(method="eth_getBalance"), -32602),
    ],
)
def test_error_has_its_code(client: Client, body: str, code: int) -> None:
    answer = client.ask(body)
    assert answer.status == 200
    assert answer.json["error"]["code"] == code


@pytest.mark.parametrize("request_id", ["{}", "[]", "true", "[1]"])
def test_other_ids_are_refused_with_null(client: Client, request_id: str) -> None:
    body = f'{{"jsonrpc":"2.0","id":{request_id},"method":"eth_chainId"}}'
    answer = client.ask(body).json
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


def test_id_of_what_is_no_request_comes_back(client: Client) -> None:
    assert client.ask('{"id":"a","method":"eth_chainId"}').json["id"] == "a"


@pytest.mark.parametrize("params", ["[]", "null"])
def test_no_parameters_may_be_an_empty_list_or_null(
    client: Client, params: str
) -> None:
    body = f'{{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{params}}}'
    assert client.ask(body).json == OK


def test_last_of_two_equal_keys_counts(client: Client) -> None:
    body = '{"jsonrpc":"2.0","id":9,"id":1,"method":"no","method":"eth_chainId"}'
    assert client.ask(body).json == OK


def test_notification_is_executed_without_an_answer(client: Client) -> None:
    before = int(client.call("eth_newBlockFilter"), 16)
    answer = client.ask('{"jsonrpc":"2.0","method":"eth_newBlockFilter"}')
    assert (answer.status, answer.body) == (204, b"")
    batch = [{"jsonrpc": "2.0", "method": "eth_newBlockFilter"}] * 2
    answer = client.ask(json.dumps(batch))
    assert (answer.status, answer.body) == (204, b"")
    assert int(client.call("eth_newBlockFilter"), 16) == before + 4


def test_batch_is_answered_in_order_without_notifications(client: Client) -> None:
    batch: list[Any] = [
        {"jsonrpc": "2.0", "id": "b", "method": "eth_newBlockFilter"},
        {"jsonrpc": "2.0", "method": "eth_newBlockFilter"},
        1,
        {"jsonrpc": "2.0", "id": 3, "method": "eth_newBlockFilter"},
    ]
    first, wrong, last = client.ask(json.dumps(batch)).json
    assert (first["id"], last["id"]) == ("b", 3)
    assert int(last["result"], 16) == int(first["result"], 16) + 2
    assert wrong == {"jsonrpc": "2.0", "id": None, "error": wrong["error"]}
    assert wrong["error"]["code"] == -32600


@pytest.mark.parametrize(("count", "is_served"), [(5, True), (6, False)])
def test_batch_is_limited(client: Client, count: int, is_served: bool) -> None:
    answer = client.ask(json.dumps([json.loads(request())] * count)).json
    if is_served:
        assert answer == [OK] * count
    else:
        assert answer["error"]["code"] == -32005
        assert answer["error"]["message"].startswith("batch too large")


def test_answers_to_a_batch_are_limited() -> None:
    limits = Limits(answer_bytes=2_000)
    with new_node(ServerOptions(limits=limits)) as client:
        block = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_getBlockByNumber",
            "params": ["latest"],
        }
        answers = client.ask(json.dumps([block] * 5)).json
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes == [None, None, -32005, -32005, -32005]


def test_our_own_fault_is_a_number_and_the_node_goes_on() -> None:
    def broken(_node: object) -> None:
        raise ZeroDivisionError

    def damaged(_node: object) -> None:
        raise InternalError("the disk")

    def unwritable(_node: object) -> object:
        return object()

    lines: list[str] = []
    rows = [
        method("broken", broken),
        method("damaged", damaged),
        method("unwritable", unwritable),
    ]
    served = Dispatcher(
        SimpleNamespace(is_logging=True),  # type: ignore[arg-type] # all that is asked
        {row.name: row for row in rows},
        Limits(),
        lines.append,
    )
    for number, row in enumerate(rows, start=1):
        body = request(method=row.name).encode()
        answer = json.loads(served.answer(served.read(body)))
        assert answer["error"] == {
            "code": -32603,
            "message": f"internal error {number}",
        }
    log = "\n".join(lines)
    assert "internal error 1: " in log
    assert "ZeroDivisionError" in log
    assert "the disk" in log


def test_log_has_a_line_for_each_request_and_cuts_long_names() -> None:
    lines: list[str] = []
    with new_node(ServerOptions(log=lines.append)) as client:
        client.call("eth_chainId")
        client.send("x" * 1_000)
    assert lines[0].startswith("eth_chainId 0.")
    assert lines[0].endswith(" ms")
    assert lines[1].startswith("x" * dispatcher_module.MAX_SHOWN_NAME + " ")
