"""Answers of the stand-in chain, and JSON as its programs read it."""

import json
from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Any

import pytest

from contractvm.hosts.cosmwasm.json_text import MalformedJson, go_json, parse_json
from contractvm.hosts.cosmwasm.testing.querier import MockQuerier, by_response

BALANCES = {"me": {"b": "2", "a": "1"}}


def answer(request: bytes) -> Any:
    response, used = MockQuerier(by_response, BALANCES).query(request, 10**9)
    assert response is not None
    assert used == 100_000 + 100 * len(response)
    return json.loads(response)


def balances(request: str) -> Any:
    return json.loads(b64decode(answer(request.encode())["ok"]["ok"]))


def test_balances_are_told_by_address() -> None:
    one = '{"bank":{"balance":{"address":"%s","denom":"b"}}}'
    assert balances(one % "me") == {"amount": {"denom": "b", "amount": "2"}}
    assert balances(one % "you") == {"amount": {"denom": "b", "amount": "0"}}
    listed = [{"denom": "a", "amount": "1"}, {"denom": "b", "amount": "2"}]
    every = '{"bank":{"all_balances":{"address":"%s"}}}'
    assert balances(every % "me") == {"amount": listed}
    assert balances(every % "you") == {"amount": []}


@pytest.mark.parametrize(
    ("request_text", "error"),
    [
        (
            b'{"wasm":{"smart":{"contract_addr":"x","msg":""}}}',
            {"no_such_contract": {"addr": "x"}},
        ),
        (b'{"wasm":{"smart":{}}}', {"unsupported_request": {"kind": "wasm"}}),
        (b'{"ibc":{}}', {"unsupported_request": {"kind": "ibc"}}),
        (b'{"a":1,"b":2}', {"unknown": {}}),
        (b"{}", {"unknown": {}}),
        (b"1", {"unknown": {}}),
        (
            b"NaN",
            {
                "invalid_request": {
                    "error": "NaN is not JSON",
                    "request": b64encode(b"NaN").decode(),
                }
            },
        ),
    ],
)
def test_other_requests_are_errors(request_text: bytes, error: Any) -> None:
    assert answer(request_text) == {"error": error}


def test_an_answer_beyond_the_gas_is_kept_back() -> None:
    querier = MockQuerier(by_response)
    response, used = querier.query(b"{}", 10**9)
    assert response == b'{"error":{"unknown":{}}}'
    assert querier.query(b"{}", used) == (response, used)
    assert querier.query(b"{}", used - 1) == (None, used)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_constants_of_other_languages_are_not_json(text: str) -> None:
    with pytest.raises(MalformedJson, match=f"^{text} is not JSON$"):
        parse_json(text)


def test_fractions_are_exact_and_escapes_are_those_of_go() -> None:
    assert parse_json(b"[0.10, 2]") == [Decimal("0.10"), 2]
    assert go_json("<\u2028>&") == '"\\u003c\\u2028\\u003e\\u0026"'
