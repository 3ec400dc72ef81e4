"""Queries: what they are called in ledgers, and how each is answered or refused."""

from base64 import b64encode
from dataclasses import replace
from typing import Any, cast

import pytest

from chain_sim import CosmosChain, CosmosError
from chain_sim.cosmos.errors import (
    NOT_FOUND,
    QUERY_FAILED,
    QUERY_STACK,
    NotSimulated,
)
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.queries import Queries, _kind_of


@pytest.mark.parametrize(
    ("request_json", "kind"),
    [
        (b'{"wasm":{"smart":{}}}', "wasm.smart"),
        (b'{"custom":[]}', "custom"),
        (b"{}", ""),
        (b'{"wasm":', ""),
    ],
)
def test_a_request_is_called_by_its_kind(request_json: bytes, kind: str) -> None:
    assert _kind_of(request_json) == kind


class Machine:
    """Answers every call alike, and notes the messages."""

    def __init__(self, answer: dict[str, object]) -> None:
        self.answer = answer
        self.asked: list[tuple[object, ...]] = []

    def call(self, context: Any, *arguments: object) -> dict[str, object]:
        self.asked.append((context.query_depth, *arguments))
        return self.answer


class FakeKeeper:
    """Has one contract, whose code is its address."""

    def __init__(self, answer: dict[str, object]) -> None:
        self.machine = Machine(answer)

    def load(self, _: object, contract: bytes, entry: str) -> tuple[None, bytes]:
        assert entry == "query"
        return None, contract


def smart(answer: dict[str, object], depth: int = 0) -> bytes:
    chain = CosmosChain()
    context = replace(chain._reading(), query_depth=depth)
    queries = Queries(cast(Any, FakeKeeper(answer)), Handlers())
    return queries.smart(context, b"\1" * 32, b"{}")


def test_the_answer_of_a_contract_is_base64() -> None:
    assert smart({"ok": "e30="}) == b"{}"
    with pytest.raises(CosmosError) as caught:
        smart({"ok": "e"})
    assert (caught.value.codespace, caught.value.code) == QUERY_FAILED[:2]
    assert not caught.value.is_of_contract
    with pytest.raises(CosmosError) as caught:
        smart({"error": "not now"})
    assert caught.value.text == f"not now: {QUERY_FAILED[2]}"
    assert caught.value.is_of_contract


def test_queries_are_ten_deep_at_most() -> None:
    assert smart({"ok": "e30="}, 9) == b"{}"
    with pytest.raises(CosmosError) as caught:
        smart({"ok": "e30="}, 10)
    assert (caught.value.codespace, caught.value.code) == QUERY_STACK[:2]


def answered(request: bytes) -> dict[str, object]:
    chain = CosmosChain()
    queries = Queries(cast(Any, FakeKeeper({"ok": "e30="})), Handlers())
    return queries.answer(chain._reading(), request)


@pytest.mark.parametrize("request_json", [b"{", b"[]", b"{}", b'{"a":{},"b":{}}'])
def test_what_is_no_request_comes_back_to_the_contract(request_json: bytes) -> None:
    error: Any = answered(request_json)["error"]
    assert list(error) == ["invalid_request"]
    assert error["invalid_request"]["request"] == b64encode(request_json).decode()


def test_what_the_chain_refuses_is_named() -> None:
    for kind, words in (
        ("custom", "custom"),
        ("stargate", "Stargate queries are disabled on this chain"),
        ("grpc", "gRPC queries are disabled on this chain"),
    ):
        request = b'{"%b":{"x":{}}}' % kind.encode()
        wanted = {"error": {"unsupported_request": {"kind": words}}}
        assert answered(request) == wanted
    with pytest.raises(NotSimulated) as caught:
        answered(b'{"staking":{"validator":{}}}')
    assert str(caught.value) == str(NotSimulated("the query staking.validator"))
    with pytest.raises(NotSimulated) as caught:
        answered(b'{"staking":[]}')
    assert str(caught.value) == str(NotSimulated("staking"))


def test_a_contract_or_code_that_is_not_there_is_a_system_error() -> None:
    address = CosmosChain().addresses.text(b"\1" * 32)
    info = b'{"wasm":{"contract_info":{"contract_addr":"%b"}}}' % address.encode()
    assert answered(info) == {"error": {"no_such_contract": {"addr": address}}}
    code = b'{"wasm":{"code_info":{"code_id":7}}}'
    assert answered(code) == {"error": {"no_such_code": {"code_id": 7}}}


def test_a_denomination_has_no_metadata() -> None:
    found = answered(b'{"bank":{"denom_metadata":{"denom":"atom"}}}')
    assert found == {
        "ok": {"error": f"codespace: {NOT_FOUND[0]}, code: {NOT_FOUND[1]}"}
    }
