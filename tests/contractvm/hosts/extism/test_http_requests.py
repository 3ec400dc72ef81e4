"""Requests of plugins: their form, and what a capability is given of them."""

from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from contractvm.errors import Trap
from contractvm.hosts.extism.http_requests import http_request, http_status_code


class Plugin:
    """A call with a request and a body in memory, and a capability that answers."""

    def __init__(self, content: bytes, body: bytes = b"") -> None:
        self.given: list[tuple[Any, dict[str, Any]]] = []
        self.frame = object()
        self.blocks = {1: content, 2: body}
        self.state: Any = SimpleNamespace(
            fetch=self.answer, http_status=0, http_headers=b""
        )

    def read(self, handle: int) -> bytes:
        return self.blocks[handle]

    def give(self, data: bytes) -> bytes:
        return data

    def answer(self, frame: object, sent: bytes) -> Any:
        self.given.append((frame, msgspec.json.decode(sent)))
        headers = {"b": "2", "a": "1"}
        return SimpleNamespace(status=203, headers=headers, body=b"answer")


@pytest.mark.parametrize(
    ("content", "method", "headers"),
    [
        (b'{"url":"u"}', "GET", {}),
        (b'{"url":"u","method":"PUT","headers":{"x":"y"}}', "PUT", {"x": "y"}),
    ],
)
def test_a_capability_gets_the_request_and_its_body(
    content: bytes, method: str, headers: dict[str, str]
) -> None:
    call: Any = Plugin(content, b"body")
    assert http_status_code(call) == 0
    assert http_request(call, 1, 2) == b"answer"
    body = b64encode(b"body").decode()
    sent = {"url": "u", "method": method, "headers": headers, "body": body}
    assert call.given == [(call.frame, sent)]
    assert (http_status_code(call), call.state.http_headers) == (
        203,
        b'{"a":"1","b":"2"}',
    )


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"?", b'{"url":1}', b'{"url":"u","method":1}']
)
def test_what_is_no_request_is_refused(content: bytes) -> None:
    call: Any = Plugin(content)
    with pytest.raises(Trap, match="no HTTP request: "):
        http_request(call, 1, 2)
    assert call.given == []
