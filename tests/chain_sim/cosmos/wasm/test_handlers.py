"""A user's own handlers: which one is found, and what it may return."""

from typing import Any, cast

import pytest

from chain_sim.cosmos.errors import HandlerFailed, NotSimulated
from chain_sim.cosmos.wasm.dispatcher import MessageResult
from chain_sim.cosmos.wasm.handlers import Handlers

CONTEXT = cast(Any, None)
BODY = {"delegate": {"amount": 1}}


def test_the_longer_name_is_tried_first_and_gets_what_it_names() -> None:
    seen: list[object] = []

    def note(_: object, *given: object) -> None:
        seen.append(given)

    handlers = Handlers(messages={"staking": note})
    assert handlers.run_message(CONTEXT, "me", "staking", BODY) == MessageResult()
    handlers.messages["staking.delegate"] = note
    assert handlers.run_message(CONTEXT, "me", "staking", BODY) == MessageResult()
    assert seen == [("me", BODY), ("me", {"amount": 1})]
    with pytest.raises(NotSimulated) as caught:
        handlers.run_message(CONTEXT, "me", "gov", {"vote": {}})
    assert str(caught.value) == str(NotSimulated("gov.vote"))


def test_what_a_message_handler_returns_is_checked() -> None:
    def run(result: Any) -> MessageResult:
        handlers = Handlers(messages={"staking": lambda *_: result})
        return handlers.run_message(CONTEXT, "me", "staking", BODY)

    whole = MessageResult(data=b"\1", responses=(("/a", b"\2"),))
    assert run(whole) is whole
    for result, reason in (
        ({}, "a MessageResult or None expected, not dict"),
        (MessageResult(data=cast(Any, "x")), "the data of a MessageResult are bytes"),
        (
            MessageResult(responses=(("/a", cast(Any, None)),)),
            "the data of a MessageResult are bytes",
        ),
    ):
        with pytest.raises(HandlerFailed) as caught:
            run(result)
        assert (caught.value.name, caught.value.reason) == ("staking", reason)
        assert str(caught.value) == f"the handler of staking: {reason}"


def test_the_answer_of_a_query_handler_becomes_json() -> None:
    handlers = Handlers(
        queries={
            "staking.delegate": lambda _, given: {"given": given},
            "gov": lambda _, given: object(),
        }
    )
    found = handlers.find_query("staking", BODY)
    assert found is not None
    assert found(CONTEXT) == b'{"given":{"amount":1}}'
    assert handlers.find_query("staking", {"other": {}}) is None
    odd = handlers.find_query("gov", {"vote": {}})
    assert odd is not None
    with pytest.raises(HandlerFailed) as caught:
        odd(CONTEXT)
    assert caught.value.name == "gov"
    assert caught.value.reason.startswith("the answer is not JSON: ")
