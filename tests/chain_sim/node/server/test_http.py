"""HTTP as the node speaks it: status codes, limits, and rules against web pages."""

import socket
import time
from collections.abc import Iterator

import pytest

from chain_sim.node.server.access import Access
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions
from tests.helpers.nodes import Answer, Client, connect, new_node

CHAIN_ID = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
JSON = {"content-type": "application/json"}
EVIL = "http://evil.example"
SHORT = Limits(
    request_bytes=1_000, arrival_seconds=1, header_bytes=2_000, end_seconds=1
)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with new_node() as found:
        yield found


@pytest.fixture(scope="module")
def short() -> Iterator[Client]:
    with new_node(ServerOptions(limits=SHORT)) as found:
        yield found


def post(client: Client, **headers: str) -> Answer:
    sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.ask(CHAIN_ID, headers=sent)


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/", 400),
        ("PUT", "/", 405),
        ("DELETE", "/", 405),
        ("POST", "/rpc", 404),
        ("GET", "/explorers", 404),
        ("OPTIONS", "/", 403),
    ],
)
def test_other_requests_have_their_status(
    client: Client, verb: str, path: str, status: int
) -> None:
    assert client.ask(CHAIN_ID, verb=verb, path=path).status == status


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON ; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/jsonp", 415),
        ("", 415),
    ],
)
def test_only_json_is_read(client: Client, media_type: str, status: int) -> None:
    answer = client.ask(CHAIN_ID, headers={"content-type": media_type})
    assert answer.status == status
    assert answer.json.get("error", {}).get("code") == (
        -32600 if status > 200 else None
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8545", 200),
        ("127.0.0.1", 200),
        ("192.168.1.7:8545", 200),
        ("[::1]:8545", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("[evil", 403),
        ("", 403),
    ],
)
def test_host_must_be_local_or_an_address(
    client: Client, host: str, status: int
) -> None:
    assert post(client, host=host).status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:3000", 200),
        ("https://127.0.0.1", 200),
        ("http://[::1]:5173", 200),
        ("Titanoboa", 200),
        ("node-fetch", 200),
        ("nullable", 200),
        (EVIL, 403),
        ("null", 403),
        ("NULL", 403),
        ("null-1", 403),
        ("evil.example", 403),
        ("file://", 403),
        ("chrome-extension://abc", 403),
        ("about:blank", 403),
        ("Two Words", 403),
        ("1st", 403),
        ("http://localhost.evil.example", 403),
        ("ftp://localhost", 403),
        ("http://[", 403),
        ("", 403),
    ],
)
def test_origin_must_be_local(client: Client, origin: str, status: int) -> None:
    answer = post(client, origin=origin)
    assert answer.status == status
    allowed = answer.headers.get("access-control-allow-origin")
    assert allowed == (origin if status == 200 else None)


def test_each_of_two_hosts_must_be_allowed(client: Client) -> None:
    with connect(client.port) as raw:
        raw.sendall(
            b"POST / HTTP/1.1\r\nhost: evil.example\r\nhost: localhost\r\n"
            b"connection: close\r\n\r\n"
        )
        assert read_all(raw)[9:12] == b"403"


def test_names_and_origins_can_be_allowed() -> None:
    access = Access(hosts=("Node.example",), origins=(EVIL,))
    with new_node(ServerOptions(access=access)) as client:
        assert post(client, host="node.example:80", origin=EVIL).status == 200
        assert post(client, host="evil.example").status == 403
        assert post(client, origin="http://other.example").status == 403
    with new_node(ServerOptions(access=Access(("*",), ("*",)))) as client:
        assert post(client, host="evil.example", origin="null").status == 200


def test_preflight_allows_a_local_page_and_no_other(client: Client) -> None:
    wanted = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "POST",
        "access-control-request-private-network": "true",
    }
    answer = client.ask(None, verb="OPTIONS", headers=wanted)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert answer.headers["access-control-allow-methods"] == "POST, GET"
    assert answer.headers["access-control-allow-headers"] == "content-type"
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert answer.headers["vary"] == "Origin"
    refused = client.ask(None, verb="OPTIONS", headers=wanted | {"origin": EVIL})
    assert refused.status == 403
    assert not [name for name in refused.headers if name.startswith("access")]


def test_without_cors_no_header_is_sent() -> None:
    access = Access(sends_cors=False)
    with new_node(ServerOptions(access=access)) as client:
        answer = post(client, origin="http://localhost")
        assert answer.status == 200
        assert "access-control-allow-origin" not in answer.headers


def test_foreign_page_executes_nothing(client: Client) -> None:
    body = '{"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter"}'
    before = int(client.call("eth_newBlockFilter"), 16)
    assert client.ask(body, headers=JSON | {"origin": EVIL}).status == 403
    assert int(client.call("eth_newBlockFilter"), 16) == before + 1


@pytest.mark.parametrize(("length", "status"), [(1_000, 200), (1_001, 413)])
def test_body_is_limited(short: Client, length: int, status: int) -> None:
    answer = short.ask(CHAIN_ID + " " * (length - len(CHAIN_ID)))
    assert answer.status == status
    if status == 413:
        assert answer.json["error"]["code"] == -32600
        assert answer.headers["connection"] == "close"


def test_chunked_body_is_limited_too(short: Client) -> None:
    with connect(short.port) as raw:
        raw.sendall(
            b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        for _ in range(11):
            raw.sendall(b"64\r\n" + b" " * 100 + b"\r\n")
        raw.sendall(b"0\r\n\r\n")
        assert read_all(raw).startswith(b"HTTP/1.1 413 ")


def test_chunked_body_is_read(client: Client) -> None:
    with connect(client.port) as raw:
        raw.sendall(
            b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
        for letter in CHAIN_ID.encode():
            raw.sendall(b"1\r\n%c\r\n" % letter)
        raw.sendall(b"0\r\n\r\n")
        assert read_all(raw).endswith(b'"result":"0x7a69"}')


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST / HT",
        b"POST / HTTP/1.1\r\nhost: local",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: 10\r\n\r\n{",
    ],
)
def test_what_does_not_arrive_is_not_waited_for(short: Client, sent: bytes) -> None:
    with connect(short.port) as raw:
        raw.sendall(sent)
        start = time.monotonic()
        answer = read_all(raw)
        assert time.monotonic() - start < 5
        assert answer[9:12] in (b"", b"408")


def test_headers_are_limited(short: Client) -> None:
    with connect(short.port) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nx: " + b"y" * 4_000)
        assert read_all(raw).startswith(b"HTTP/1.1 400 ")


def test_connections_are_limited() -> None:
    with new_node(ServerOptions(limits=Limits(connections=3))) as client:
        client.call("eth_chainId")
        held = [connect(client.port) for _ in range(2)]
        time.sleep(0.2)
        with connect(client.port) as refused:
            assert read_all(refused) == b""
        for one in held:
            one.close()
        assert client.call("eth_chainId") == "0x7a69"


def test_pipelined_requests_are_answered_in_order(client: Client) -> None:
    request = (
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n%s\r\n%s"
    )
    with connect(client.port) as raw:
        for number in (1, 2, 3):
            body = b'{"jsonrpc":"2.0","id":%d,"method":"eth_chainId"}' % number
            closing = b"connection: close\r\n" if number == 3 else b""
            raw.sendall(request % (len(body), closing, body))
        found = read_all(raw)
    places = [found.index(b'"id":%d' % number) for number in (1, 2, 3)]
    assert places == sorted(places)


def read_all(raw: socket.socket) -> bytes:
    found = b""
    while True:
        try:
            part = raw.recv(65_536)
        except ConnectionResetError:
            return found
        if not part:
            return found
        found += part
