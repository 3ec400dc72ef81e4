"""Small requests that are answered as they arrive, and those that take the long way."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from chain_sim.node.server.access import Access
from chain_sim.node.server.http_protocol import SMALL_BYTES
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions
from tests.helpers.nodes import FIRST, SECOND, Client, connect, new_node

BALANCE = '{"jsonrpc":"2.0","id":%d,"method":"eth_getBalance","params":["%s"]}'
ORIGIN = "http://localhost:3000"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with new_node() as found:
        yield found


def request(body: str, *lines: str) -> bytes:
    head = (
        "POST / HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *lines,
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def response(raw: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one response."""
    found = b""
    while b"\r\n\r\n" not in found:
        found += raw.recv(1)
    head = found.lower()
    length = 0
    if b"content-length: " in head:
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += raw.recv(length - len(body))
    return found, body


def balance(number: int, padding: int = 0) -> str:
    return BALANCE % (number, FIRST) + " " * padding


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_request_in_pieces_is_answered_on_a_connection_that_stays(
    client: Client, pieces: int
) -> None:
    with connect(client.port) as raw:
        for number in range(3):
            sent = request(balance(number))
            size = -(-len(sent) // pieces)
            for start in range(0, len(sent), size):
                raw.sendall(sent[start : start + size])
                time.sleep(0.01)
            head, body = response(raw)
            assert head == (
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n" % len(body)
            )
            assert json.loads(body)["id"] == number
            assert json.loads(body)["result"] == "0x21e19e0c9bab2400000"


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_both_ways_answer_the_same(client: Client, more: int) -> None:
    padding = SMALL_BYTES - len(balance(1)) + more
    with connect(client.port) as raw:
        raw.sendall(request(balance(1, padding)))
        small = response(raw)
        raw.sendall(request(balance(1)))
        assert response(raw) == small


def test_answer_and_head_are_one_write(client: Client) -> None:
    with connect(client.port) as raw:
        for _ in range(5):
            raw.sendall(request(balance(1)))
            assert raw.recv(1_000).endswith(b'"result":"0x21e19e0c9bab2400000"}')


def test_requests_of_both_ways_are_answered_in_their_order(client: Client) -> None:
    slow = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "evm_mine", "params": []})
    bodies = [balance(1), slow, balance(3), balance(4, SMALL_BYTES), balance(5)]
    with connect(client.port) as raw:
        raw.sendall(b"".join(map(request, bodies)))
        found = [json.loads(response(raw)[1])["id"] for _ in bodies]
    assert found == [1, 2, 3, 4, 5]


def test_body_of_a_pipelined_request_is_not_counted_as_headers() -> None:
    slow = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []})
    second = request(balance(2, 2 * SMALL_BYTES))
    options = ServerOptions(limits=Limits(header_bytes=1_000))
    with new_node(options) as client, connect(client.port) as raw:
        raw.sendall(request(slow) + second[:300])
        assert json.loads(response(raw)[1])["id"] == 1
        raw.sendall(second[300:])
        assert json.loads(response(raw)[1])["id"] == 2
        # On the way that follows, headers are counted again.
        raw.sendall(b"POST / HTTP/1.1\r\nx: " + b"y" * 2_000)
        assert response(raw)[0].startswith(b"HTTP/1.1 400 ")


def test_notification_has_no_body(client: Client) -> None:
    body = BALANCE.replace('"id":%d,', "") % FIRST
    with connect(client.port) as raw:
        raw.sendall(request(body))
        assert response(raw) == (b"HTTP/1.1 204 No Content\r\n\r\n", b"")
        raw.sendall(request(balance(1)))
        assert json.loads(response(raw)[1])["id"] == 1


def test_local_page_may_read_the_answer_and_another_is_refused(client: Client) -> None:
    with connect(client.port) as raw:
        raw.sendall(request(balance(1), f"origin: {ORIGIN}"))
        head, _ = response(raw)
        assert b"access-control-allow-origin: %b\r\n" % ORIGIN.encode() in head
        assert b"vary: Origin\r\n" in head
        raw.sendall(request(balance(1), "origin: http://evil.example"))
        assert response(raw)[0].startswith(b"HTTP/1.1 403 ")


def test_without_cors_the_answer_has_no_such_header() -> None:
    options = ServerOptions(access=Access(sends_cors=False))
    with new_node(options) as client, connect(client.port) as raw:
        raw.sendall(request(balance(1), f"origin: {ORIGIN}"))
        head, body = response(raw)
        assert b"access-control" not in head
        assert json.loads(body)["result"] == "0x21e19e0c9bab2400000"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(balance(1)).replace(b"POST / ", b"POST /x "), b"404"),
        (request(balance(1)).replace(b"POST / ", b"PUT / "), b"405"),
        (request(balance(1)).replace(b"application/json", b"text/plain"), b"415"),
        (request(balance(1)).replace(b"localhost", b"evil.example"), b"403"),
        (request(balance(1)).replace(b"HTTP/1.1", b"HTTP/1.0"), b"200"),
        (request(balance(1), "connection: close"), b"200"),
        (request(balance(1), "expect: 100-continue"), b"100"),
        (request("{"), b"200"),
    ],
)
def test_other_requests_go_the_long_way(
    client: Client, sent: bytes, status: bytes
) -> None:
    with connect(client.port) as raw:
        raw.sendall(sent)
        assert response(raw)[0][9:12] == status


def test_transaction_is_in_the_chain_when_it_is_answered(client: Client) -> None:
    sent = {"from": FIRST, "to": SECOND, "value": "0x1"}
    for _ in range(3):
        tx_hash = client.call("eth_sendTransaction", sent)
        receipt = client.call("eth_getTransactionReceipt", tx_hash)
        assert receipt["status"] == "0x1"
        assert receipt["blockNumber"] == client.call("eth_blockNumber")


def test_body_that_stops_is_not_waited_for_and_a_late_request_is_served() -> None:
    limits = Limits(arrival_seconds=1)
    with new_node(ServerOptions(limits=limits)) as client:
        with connect(client.port) as raw:
            # More than the limit in all, and less for each request.
            for number in range(3):
                time.sleep(0.6)
                sent = request(balance(number))
                raw.sendall(sent[:-1])
                time.sleep(0.1)
                raw.sendall(sent[-1:])
                assert json.loads(response(raw)[1])["id"] == number
            raw.sendall(request(balance(1))[:-1])
            start = time.monotonic()
            assert response(raw)[0].startswith(b"HTTP/1.1 408 ")
            assert raw.recv(1) == b""
            assert 0.5 < time.monotonic() - start < 5
        with connect(client.port) as raw:
            raw.sendall(request(balance(1, 2 * SMALL_BYTES))[:-1])
            assert response(raw)[0].startswith(b"HTTP/1.1 408 ")
            assert raw.recv(1) == b""
