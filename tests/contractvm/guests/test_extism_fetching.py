"""What plugins get of requests: answers of the capability, refusals, bad answers."""

from types import SimpleNamespace
from typing import Any

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.guests.capabilities.http_messages import Response
from contractvm.guests.errors import HostRaised
from contractvm.guests.extism_abi import _fetching
from contractvm.nesting import TooDeep


def fetched(answer: bytes, result: int = 0) -> Response:
    """What a plugin gets, and nothing is left for `guests.take`."""
    frame: Any = SimpleNamespace(answer=b"before")

    def call(key: tuple[str, str], given: Any, request: bytes) -> int:
        assert (key, request) == (("capability:fetch", "fetch"), b"request")
        given.answer = answer
        return result

    services: Any = SimpleNamespace(call=call)
    try:
        response: Any = _fetching(services)(frame, b"request")
    finally:
        assert frame.answer == b""
    return response


def nested(depth: int) -> bytes:
    """An answer with a field that is not read; it is one level of its own."""
    more = b"[" * (depth - 1) + b"]" * (depth - 1)
    return b'{"status": 201, "headers": {"a": "b"}, "body": "AP8=", "x": %s}' % more


def test_an_answer_may_be_as_deep_as_documents_are() -> None:
    assert fetched(nested(128)) == Response(201, {"a": "b"}, b"\x00\xff")
    with pytest.raises(HostRaised) as caught:
        fetched(nested(129))
    assert caught.value.name == "fetch"
    assert isinstance(caught.value.exception, TooDeep)


@pytest.mark.parametrize("answer", [b"{", b"{}", b'{"status": "x"}'])
def test_an_answer_that_is_none_is_a_fault_of_the_host(answer: bytes) -> None:
    with pytest.raises(HostRaised) as caught:
        fetched(answer)
    assert caught.value.name == "fetch"


@pytest.mark.parametrize("code", [1, 4, 5])
def test_a_refusal_is_a_trap_with_its_code(code: int) -> None:
    reason = f"the request was refused with code {code}$"
    with pytest.raises(Trap, match=reason) as caught:
        fetched(b"", (1 << 32) - code)
    assert caught.value.code is TrapCode.HOST_REFUSED
