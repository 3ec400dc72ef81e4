"""What contracts are told, by release; replies, migrations, blocked accounts, forms."""

import json
from typing import Any

import pytest

from chain_sim import CosmosChain, CosmosError, TransactionFailed
from chain_sim.cosmos.accounts.bank import BLOCKED
from chain_sim.cosmos.accounts.coins import checked_coins, coins_text, parse_coins
from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.environment import env_json, info_json
from chain_sim.cosmos.wasm.records import ANY_OF, NOBODY
from chain_sim.cosmos.wasm.responses import read_response
from contractvm.hosts.cosmwasm.bech32 import encode
from tests.helpers.cosmwasm import (
    ECHO,
    EMPTY_RESPONSE,
    constant,
    contract_code,
    echo_chain,
    response,
    submessage,
    told,
)
from tests.helpers.wat import wat_to_wasm

ADDRESS = b"\7" * 32
TEXT = encode("cosmos", ADDRESS)
BLOCK = '"block":{"height":12,"time":"1700000000000000001","chain_id":"c-1"}'
CONTRACT = f'"contract":{{"address":"{TEXT}"}}'


def context(release: str, **block: Any) -> Context:
    return Context(
        find_rules(release),
        AddressBook("cosmos"),
        OrderedState(),
        BlockInfo(12, 1_700_000_000_000_000_001, "c-1", **block),
    )


@pytest.mark.parametrize(
    ("release", "block", "rest"),
    [
        ("wasmd-0.70.3", {}, f'"transaction":null,{CONTRACT}'),
        ("wasmd-0.70.3", {"tx_index": 3}, f'"transaction":{{"index":3}},{CONTRACT}'),
        (
            "wasmd-0.70.3",
            {"tx_index": 3, "tx_hash": b"\1\2"},
            f'"transaction":{{"index":3,"hash":"AQI="}},{CONTRACT}',
        ),
        (
            "wasmd-0.54.0",
            {"tx_index": 0, "tx_hash": b"\1\2"},
            f'"transaction":{{"index":0}},{CONTRACT}',
        ),
        ("wasmd-0.28.0", {}, CONTRACT),
        (
            "wasmd-0.28.0",
            {"tx_index": 3},
            f'{CONTRACT},"transaction_info":{{"index":3}}',
        ),
    ],
)
def test_the_environment_is_as_the_release_writes_it(
    release: str, block: dict[str, Any], rest: str
) -> None:
    found = env_json(context(release, **block), ADDRESS).decode()
    assert found == f"{{{BLOCK},{rest}}}"


def test_the_sender_is_told_with_the_funds() -> None:
    funds = (("atom", 5), ("stake", 7))
    assert info_json(context("wasmd-0.54.0"), ADDRESS, funds).decode() == (
        f'{{"sender":"{TEXT}","funds":[{{"denom":"atom","amount":"5"}},'
        '{"denom":"stake","amount":"7"}]}'
    )


@pytest.mark.parametrize("module", sorted(BLOCKED))
def test_accounts_of_modules_take_no_coins(module: bytes) -> None:
    chain, contract = echo_chain()
    text = chain.addresses.text(module)
    before = chain.head
    for run in (
        lambda: chain.send(chain.account("alice"), text, "1stake"),
        lambda: contract.execute(
            response(
                submessage(
                    {
                        "bank": {
                            "send": {
                                "to_address": text,
                                "amount": [{"denom": "stake", "amount": "1"}],
                            }
                        }
                    }
                )
            )
        ),
    ):
        with pytest.raises(TransactionFailed, match="not allowed to receive funds"):
            run()
    assert chain.head.height == before.height + 1  # alice's account


@pytest.mark.parametrize(("release", "is_told"), [("0.70.3", True), ("0.50.0", False)])
def test_a_payload_comes_back_in_the_reply(release: str, is_told: bool) -> None:
    _, contract = echo_chain(release=f"wasmd-{release}")
    sent = submessage({"bank": {"burn": {"amount": []}}}, "error", number=9)
    contract.execute(response({**sent, "payload": "AQI="}))
    found = told(contract)
    assert found["id"] == 9
    assert found["result"] == {"error": "codespace: wasm, code: 12"}
    assert (found.get("payload"), "gas_used" in found) == (
        ("AQI=", True) if is_told else (None, False)
    )


def replying(answer: str) -> bytes:
    """A contract whose messages are echoed, and whose replies are all the same."""
    return contract_code(
        "",
        f"""{constant(16, EMPTY_RESPONSE)} {constant(512, answer)}
        (func (export "instantiate") (param i32 i32 i32) (result i32) i32.const 16)
        (func (export "execute") (param i32 i32 i32) (result i32) local.get 2)
        (func (export "query") (param i32 i32) (result i32) local.get 1)
        (func (export "reply") (param i32 i32) (result i32) i32.const 512)""",
    )


def with_replies(answer: str) -> Contract:
    chain = CosmosChain()
    return chain.store(replying(answer)).instantiate({})


FAILING = {"bank": {"burn": {"amount": []}}}


def test_the_data_of_the_last_reply_is_that_of_the_call() -> None:
    contract = with_replies(EMPTY_RESPONSE.replace("null", '"AQI="'))
    asked = submessage(FAILING, "error")
    assert contract.execute(response(asked, asked, data="CQ==")).data == b"\1\2"
    assert contract.execute(response(data="CQ==")).data == b"\t"
    silent = with_replies(EMPTY_RESPONSE)
    assert silent.execute(response(asked, data="CQ==")).data == b"\t"


def test_the_error_of_a_reply_says_where_it_was_met() -> None:
    contract = with_replies('{"error":"no"}')
    with pytest.raises(TransactionFailed) as caught:
        contract.execute(response(submessage(FAILING, "error")))
    assert str(caught.value) == (
        "reply: no: execute wasm contract failed (codespace wasm code 5)"
    )
    assert caught.value.redacted == "codespace: wasm, code: 5"


def version(number: str) -> bytes:
    name = b"cw_migrate_version"
    content = bytes([len(name)]) + name + number.encode()
    return wat_to_wasm(ECHO) + b"\0" + bytes([len(content)]) + content


@pytest.mark.parametrize(
    ("before", "after", "is_run"),
    [("1", "1", False), ("1", "2", True), ("2", "1", True)],
)
def test_a_migration_to_the_same_version_does_not_run(
    before: str, after: str, is_run: bool
) -> None:
    chain = CosmosChain()
    alice = chain.account("alice")
    contract = chain.store(version(before)).instantiate(response(), admin=alice)
    other = chain.store(version(after) + b"\0\2\1x")
    outcome = contract.migrate(other, response(data="AQI="))
    assert outcome.data == (b"\1\2" if is_run else b"")
    assert ("Loading CosmWasm module: migrate" in outcome.gas) == is_run
    assert [event.kind for event in outcome.events] == ["migrate"]


def test_who_may_instantiate_is_the_codes_to_say() -> None:
    chain = CosmosChain()
    alice, bob = (chain.account(name) for name in ("alice", "bob"))
    module = wat_to_wasm(ECHO)
    chain.store(module).instantiate(response(), sender=bob)
    closed = chain.store(module, permission=NOBODY)
    some = chain.store(module, permission=ANY_OF, allowed=[alice])
    some.instantiate(response(), sender=alice)
    for code, sender in ((closed, alice), (some, bob)):
        with pytest.raises(TransactionFailed, match="can not instantiate"):
            code.instantiate(response(), sender=sender)


def test_messages_may_be_text_or_bytes() -> None:
    chain, contract = echo_chain()
    text = json.dumps(response(data="AQI="))
    for message in (text, text.encode(), response(data="AQI=")):
        assert contract.execute(message).data == b"\1\2"
    contract.set_label("other", sender=chain.account("alice"))
    with pytest.raises(TransactionFailed, match="label is required"):
        contract.set_label("", sender=chain.account("alice"))


MESSAGE = submessage({"bank": {}})
EMPTY: dict[str, Any] = {"messages": [], "attributes": []}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"messages": [{**MESSAGE, "msg": []}]}, "a message is no object"),
        ({"messages": [{**MESSAGE, "id": "1"}]}, "number expected"),
        ({"messages": [{**MESSAGE, "id": True}]}, "number expected"),
        ({"messages": [{**MESSAGE, "id": -1}]}, "a number of 64 bits expected"),
        ({"messages": [{**MESSAGE, "id": 2**64}]}, "a number of 64 bits expected"),
        ({"messages": [{**MESSAGE, "gas_limit": 2**64}]}, "a number of 64 bits"),
        ({"messages": [{**MESSAGE, "reply_on": None}]}, "text expected"),
        ({"messages": [{**MESSAGE, "payload": 5}]}, "base64 text expected"),
        ({"messages": [{**MESSAGE, "payload": "?"}]}, "not base64"),
        ({"messages": 5}, "'int' object is not iterable"),
        ({"attributes": [{"key": 5, "value": ""}]}, "text expected"),
        ({"attributes": [{"key": "k"}]}, "'value'"),
        ({"events": [{"type": 5, "attributes": []}]}, "text expected"),
        ({"data": 5}, "base64 text expected"),
        ({"data": "A"}, "not base64"),
    ],
)
def test_a_response_of_another_form_says_what_is_wrong(
    changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CosmosError) as caught:
        read_response({**EMPTY, **changed})
    assert caught.value.text.startswith("Error calling the VM: malformed response: ")
    assert reason in caught.value.text


def test_the_greatest_numbers_of_a_response_are_read() -> None:
    greatest = 2**64 - 1
    message = {**MESSAGE, "id": greatest, "gas_limit": greatest, "payload": "AQI="}
    found = read_response({**EMPTY, "messages": [message], "events": None})
    assert (found.messages[0].id, found.messages[0].gas_limit) == (greatest, greatest)
    assert found.messages[0].payload == b"\1\2"
    assert (found.events, found.data) == ([], None)


def test_an_unknown_condition_for_a_reply_is_refused() -> None:
    _, contract = echo_chain()
    with pytest.raises(TransactionFailed, match="replyOn value: invalid"):
        contract.execute(response(submessage(FAILING, "sometimes")))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("", ""),
        ("7stake,5atom", "5atom,7stake"),
        (" 5atom , 7stake ", "5atom,7stake"),
        ([("stake", 7), ("atom", "5")], "5atom,7stake"),
        ({"stake": 7}, "7stake"),
        ([{"denom": "atom", "amount": "5"}], "5atom"),
        (f"{2**256 - 1}atom", f"{2**256 - 1}atom"),
        ("1" + "a" * 128, "1" + "a" * 128),
        ("1abc", "1abc"),
    ],
)
def test_coins_are_read_in_each_form(given: object, text: str) -> None:
    assert coins_text(parse_coins(given)) == text


@pytest.mark.parametrize(
    "given",
    [
        *("1ab", "1" + "a" * 129, "a", "1", "1.5atom", "1atom,", f"{2**256}atom"),
        *([("atom", True)], [("atom", 1.5)], [("atom", "-1")], [("atom", "1" * 80)]),
        *([("atom",)], [("atom", 1, 2)], [(5, 1)], [5], None, [("atom", "\u0665")]),
    ],
)
def test_other_coins_are_refused(given: object) -> None:
    with pytest.raises(CosmosError) as caught:
        parse_coins(given)
    assert (caught.value.codespace, caught.value.code) == ("sdk", 10)


def test_coins_of_a_message_are_in_order() -> None:
    assert checked_coins([("aaa", 1), ("bbb", 1)]) == (("aaa", 1), ("bbb", 1))
    with pytest.raises(CosmosError, match="denomination aaa not sorted"):
        checked_coins([("bbb", 1), ("aaa", 1)])
