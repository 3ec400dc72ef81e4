"""The WSGI example, called as a server calls it."""

import io
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from examples.guest_wsgi import MAX_BODY, app


def call(method: str, body: bytes, length: str | None) -> tuple[str, str, bytes]:
    """Status, gas and body of the answer; the validator checks both sides."""
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO(body)}
    environ["QUERY_STRING"] = ""
    setup_testing_defaults(environ)
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    seen: list[Any] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        seen.extend([status, dict(headers)])
        return lambda data: None

    # The validator wants a string of digits, which is the server's to check.
    called = app if length is not None and not length.isdigit() else validator(app)
    answer: Any = called(environ, start_response)
    parts = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    assert seen[1]["Content-Length"] == str(len(parts))
    return seen[0], seen[1]["X-Gas"], parts


def test_a_post_is_a_run() -> None:
    answer = call("POST", b"the cat, The dog; a CAT", "23")
    assert answer == ("200 OK", "4489", b"a 1\ncat 2\ndog 1\nthe 2\n")
    assert call("POST", b"", None) == ("200 OK", "4164", b"")


def test_a_run_that_fails_is_an_answer() -> None:
    """Distinct words, of which each costs more to insert than the one before."""
    text = b" ".join(
        bytes([97 + one % 26, 97 + one // 26 % 26, 97 + one // 676])
        for one in range(17_576)
    )
    status, gas, body = call("POST", text, str(len(text)))
    assert (status, gas, body) == ("422 Unprocessable Content", "10000000", b"")


@pytest.mark.parametrize(
    ("method", "length", "status"),
    [
        ("GET", None, "405 Method Not Allowed"),
        ("POST", "x", "400 Bad Request"),
        ("POST", "-1", "400 Bad Request"),
        ("POST", str(MAX_BODY + 1), "413 Content Too Large"),
    ],
)
def test_refusals(method: str, length: str | None, status: str) -> None:
    assert call(method, b"", length) == (status, "0", b"")
