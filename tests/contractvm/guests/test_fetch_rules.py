"""The rules of requests: where they may go, how often, and what is sent."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from contractvm.errors import LimitExceeded
from contractvm.guests.capabilities import fetch as fetch_module
from contractvm.guests.capabilities.fetch import Fetch, Target, send
from contractvm.guests.capabilities.http_messages import Request, Response
from contractvm.guests.errors import GuestError

OUTSIDE = "93.184.216.34"
ANSWER = b"HTTP/1.1 203 Fine\r\nContent-Length: 5\r\nX-Mixed: Yes\r\n\r\nhello"


class Client:
    """Keeps what it is asked to send, and answers with a body."""

    def __init__(self, body: bytes = b"") -> None:
        self.asked: list[tuple[str, int, str, float, int]] = []
        self.body = body

    def __call__(
        self, request: Request, target: Target, seconds: float, most: int
    ) -> Response:
        self.asked.append((target.host, target.port, target.address, seconds, most))
        return Response(200, {}, self.body)


@pytest.fixture(autouse=True)
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What every name resolves to."""
    found = [OUTSIDE]

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(fetch_module.socket, "getaddrinfo", resolve)
    return found


def ask(fetch: Fetch, url: str, **request: Any) -> Response:
    response: Response = fetch.functions()[0](Request(url, **request))
    return response


def code_of(fetch: Fetch, url: str, **request: Any) -> int:
    with pytest.raises(GuestError) as caught:
        ask(fetch, url, **request)
    return caught.value.code


def test_the_client_gets_what_was_checked_and_the_limits() -> None:
    client = Client()
    fetch = Fetch(client, allow=["a.example"])
    assert ask(fetch, "https://A.example/") == Response(200, {}, b"")
    assert client.asked == [("a.example", 443, OUTSIDE, 10.0, (1 << 20) + 1)]


def test_a_run_may_make_ten_requests_by_default_and_each_run_as_many() -> None:
    client = Client()
    fetch = Fetch(client, allow=["a.example"])
    for _ in range(2):
        fetch.begin()
        for _ in range(10):
            ask(fetch, "https://a.example/")
        with pytest.raises(LimitExceeded) as caught:
            ask(fetch, "https://a.example/")
        assert (caught.value.which, caught.value.limit) == ("requests", 10)
    assert len(client.asked) == 20


def test_calls_are_counted_before_a_run_begins_too() -> None:
    fetch = Fetch(Client(), allow=["a.example"], max_calls=1)
    ask(fetch, "https://a.example/")
    with pytest.raises(LimitExceeded):
        ask(fetch, "https://a.example/")


@pytest.mark.parametrize(
    ("entry", "url", "port"),
    [
        ("a.example", "https://a.example/", 443),
        ("a.example", "https://a.example:443/", 443),
        ("A.Example", "https://a.example/", 443),
        ("a.example:8443", "https://a.example:8443/", 8443),
        ("*.example", "https://b.a.example/", 443),
        ("*.example:8443", "https://a.example:8443/", 8443),
        ("a.example", "http://a.example/", 80),
        ("a.example:443", "https://a.example/", 443),
    ],
)
def test_entries_that_allow_a_request(entry: str, url: str, port: int) -> None:
    client = Client()
    ask(Fetch(client, allow=["other", entry], allow_http=True), url)
    assert client.asked[0][1] == port


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("a.example", "https://a.example:8443/"),
        ("a.example:8443", "https://a.example/"),
        ("a.example:80", "https://a.example/"),
        ("*.example", "https://example/"),
        ("*.example", "https://anexample/"),
        ("*.example", "https://a.example:444/"),
        ("b.example", "https://a.example/"),
        ("a.example", "http://a.example:443/"),
        ("a.example", "https://user@a.example/"),
        ("a.example", "https://@a.example/"),
        ("a.example", "https://a.example:99999/"),
        ("a.example", "https:///"),
    ],
)
def test_requests_that_no_entry_allows(entry: str, url: str) -> None:
    client = Client()
    assert code_of(Fetch(client, allow=[entry]), url) == 4
    assert client.asked == []


@pytest.mark.parametrize(
    "name",
    ["Host", "CONNECTION", "Content-Length", "transfer-encoding", "upgrade"],
)
def test_headers_of_the_client_are_refused(name: str) -> None:
    fetch = Fetch(Client(), allow=["a.example"])
    assert code_of(fetch, "https://a.example/", headers={"x": "1", name: "2"}) == 4
    assert ask(fetch, "https://a.example/", headers={"x": "1"}).status == 200


def test_methods_are_those_that_were_given() -> None:
    fetch = Fetch(Client(), allow=["a.example"], methods=("PUT", "POST"))
    assert ask(fetch, "https://a.example/", method="POST").status == 200
    assert code_of(fetch, "https://a.example/") == 4
    assert code_of(fetch, "https://a.example/", method="DELETE") == 4


def test_the_first_address_outside_is_used(addresses: list[str]) -> None:
    addresses[:] = ["10.0.0.1", OUTSIDE, "8.8.8.8"]
    client = Client()
    ask(Fetch(client, allow=["a.example"]), "https://a.example/")
    ask(Fetch(client, allow=["a.example"], allow_inside=True), "https://a.example/")
    assert [address for _, _, address, _, _ in client.asked] == [OUTSIDE, "10.0.0.1"]


def test_a_name_without_an_address_is_refused(addresses: list[str]) -> None:
    addresses.clear()
    fetch = Fetch(Client(), allow=["a.example"], allow_inside=True)
    assert code_of(fetch, "https://a.example/") == 4


@pytest.mark.parametrize("error", [socket.gaierror, UnicodeError])
def test_a_name_that_cannot_be_resolved_is_a_failure(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise error("no such name")

    monkeypatch.setattr(fetch_module.socket, "getaddrinfo", resolve)
    assert code_of(Fetch(Client(), allow=["a.example"]), "https://a.example/") == 5


@pytest.mark.parametrize(
    "error", [OSError, ValueError, fetch_module.http.client.HTTPException]
)
def test_what_the_client_raises_is_a_failure(error: type[Exception]) -> None:
    def client(*_: object) -> Response:
        raise error("broken")

    assert code_of(Fetch(client, allow=["a.example"]), "https://a.example/") == 5


def test_a_body_may_be_as_long_as_the_limit() -> None:
    client = Client(b"12345")
    assert (
        code_of(Fetch(client, allow=["a.example"], max_bytes=4), "https://a.example")
        == 2
    )
    answer = ask(Fetch(client, allow=["a.example"], max_bytes=5), "https://a.example")
    assert answer.body == b"12345"
    assert [most for _, _, _, _, most in client.asked] == [5, 6]


class Tls:
    """A TLS context that encrypts nothing, and notes the name that it checks."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def wrap_socket(self, raw: socket.socket, server_hostname: str) -> socket.socket:
        self.names.append(server_hostname)
        return raw


@pytest.mark.parametrize(
    ("url", "first_line", "names"),
    [
        ("https://a.example:8443/b?c=d", b"POST /b?c=d HTTP/1.1", ["a.example"]),
        ("https://a.example:8443", b"POST / HTTP/1.1", ["a.example"]),
        ("http://a.example:8443/b", b"POST /b HTTP/1.1", []),
    ],
)
def test_a_request_goes_to_the_address_with_the_name_in_it(
    url: str, first_line: bytes, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = socket.socketpair()
    connected: list[tuple[tuple[str, int], float]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append((address, timeout))
        return near

    tls = Tls()
    monkeypatch.setattr(fetch_module.socket, "create_connection", connect)
    monkeypatch.setattr(fetch_module.ssl, "create_default_context", lambda: tls)
    target = Target(urlsplit(url), "a.example", 8443, OUTSIDE)
    with far:
        far.sendall(ANSWER)
        request = Request(url, "POST", {"X-Own": "1"}, b"body")
        answer = send(request, target, 2.5, 3)
        sent = far.recv(4_096)
    assert near.fileno() == -1
    assert connected == [((OUTSIDE, 8443), 2.5)]
    assert tls.names == names
    headers = {"content-length": "5", "x-mixed": "Yes"}
    assert answer == Response(203, headers, b"hel")
    lines = sent.split(b"\r\n")
    assert lines[0] == first_line
    assert {b"Host: a.example:8443", b"X-Own: 1"} < set(lines)
    assert lines[-1] == b"body"
