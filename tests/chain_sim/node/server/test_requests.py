"""Parameters of requests as they are sent."""

import pytest

from chain_sim.node.errors import RpcError
from chain_sim.node.server.requests import Request, read_requests


def request(params: bytes) -> Request:
    body = b'{"jsonrpc":"2.0","id":"a","method":"m","params":' + params + b"}"
    (found,) = read_requests(body, 1).items
    return found


def test_parameters_are_a_list() -> None:
    found = request(b'[1,"x"]')
    assert (found.id, found.name, found.params) == (b'"a"', "m", (1, "x"))
    assert found.fault is None
    assert request(b"null").params == ()
    assert request(b"[]").params == ()


@pytest.mark.parametrize(
    ("params", "request_id", "code", "message"),
    [
        (
            b"{}",
            b'"a"',
            -32602,
            "invalid params: params is no list: names are not supported",
        ),
        (
            b"[1e999]",
            b'"a"',
            -32602,
            "invalid params: Number out of range - at `$[0]`",
        ),
    ],
)
def test_other_parameters_are_refused(
    params: bytes, request_id: bytes, code: int, message: str
) -> None:
    found = request(params)
    assert (found.id, found.name, found.params) == (request_id, "m", ())
    assert isinstance(found.fault, RpcError)
    assert (found.fault.code, found.fault.message) == (code, message)
