"""Queries of contracts: what the chain answers, what they cost, and recursion."""

import gzip
import json
from base64 import b64decode, b64encode
from typing import Any, cast

import pytest

from chain_sim import CosmosChain, CosmosError, NotSimulated, TransactionFailed
from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.codes import unpacked
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.keeper import Keeper
from chain_sim.cosmos.wasm.queries import Queries
from chain_sim.cosmos.wasm.records import STORAGE_KEY
from chain_sim.cosmos.wasm.responses import read_response
from contractvm.hosts.cosmwasm.json_text import compact_json
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmwasm import BASE, EMPTY_RESPONSE, constant
from tests.helpers.wat import wat_to_wasm

ADDRESS = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
LOOP_QUERY = compact_json(
    {"wasm": {"smart": {"contract_addr": ADDRESS, "msg": b64encode(b"{}").decode()}}}
)
FINE = compact_json({"ok": b64encode(b'"fine"').decode()})
# Executed, it keeps what the chain answers to the message; asked, it asks itself.
ASKER = f"""(module
  (import "env" "db_write" (func $write (param i32 i32)))
  (import "env" "query_chain" (func $ask (param i32) (result i32)))
  {BASE}
  {constant(16, "reply")} {constant(64, EMPTY_RESPONSE)}
  {constant(256, LOOP_QUERY)} {constant(768, FINE)}
  (func (export "instantiate") (param i32 i32 i32) (result i32) i32.const 64)
  (func (export "execute") (param i32 i32 i32) (result i32)
    i32.const 16 (call $ask (local.get 2)) call $write i32.const 64)
  (func (export "query") (param i32 i32) (result i32)
    (drop (call $ask (i32.const 256))) i32.const 768))"""


def asker(**settings: Any) -> tuple[CosmosChain, Contract]:
    chain = CosmosChain(**settings)
    chain.account("alice", "50stake,7atom")
    return chain, chain.store(wat_to_wasm(ASKER)).instantiate({}, funds="5stake")


def answer(contract: Contract, question: object) -> Any:
    contract.execute(question)
    return json.loads(contract.query_raw(b"reply") or b"")


def content(answered: Any) -> Any:
    return json.loads(b64decode(answered["ok"]["ok"]))


def test_balances_and_supply() -> None:
    chain, contract = asker()
    alice = chain.account("alice")
    asked = {"bank": {"balance": {"address": alice, "denom": "atom"}}}
    amount = {"denom": "atom", "amount": "7"}
    assert content(answer(contract, asked)) == {"amount": amount}
    asked = {"bank": {"all_balances": {"address": alice}}}
    stake = {"denom": "stake", "amount": "45"}
    assert content(answer(contract, asked)) == {"amount": [amount, stake]}
    asked = {"bank": {"supply": {"denom": "stake"}}}
    total = {"denom": "stake", "amount": "50"}
    assert content(answer(contract, asked)) == {"amount": total}
    missing = answer(contract, {"bank": {"denom_metadata": {"denom": "x"}}})
    assert missing == {"ok": {"error": "codespace: sdk, code: 38"}}


def test_facts_about_contracts_and_codes() -> None:
    chain, contract = asker()
    alice = chain.account("alice")
    asked: Any = {"wasm": {"contract_info": {"contract_addr": ADDRESS}}}
    assert content(answer(contract, asked)) == {
        "code_id": 1,
        "creator": alice,
        "pinned": False,
        "ibc2_port": "wasm2" + ADDRESS.removeprefix("cosmos"),
    }
    asked = {"wasm": {"code_info": {"code_id": 1}}}
    assert content(answer(contract, asked)) == {
        "code_id": 1,
        "creator": alice,
        "checksum": chain.code(1).checksum.hex(),
    }
    key = b64encode(b"reply").decode()
    asked = {"wasm": {"raw": {"contract_addr": ADDRESS, "key": key}}}
    before = contract.query_raw(b"reply")
    assert b64decode(answer(contract, asked)["ok"]["ok"]) == before
    asked = {
        "wasm": {
            "raw_range": {
                "contract_addr": ADDRESS,
                "start": None,
                "end": None,
                "limit": 1,
                "order": "ascending",
            }
        }
    }
    found = content(answer(contract, asked))
    assert (found["data"][0][0], found["next_key"]) == (key, None)


def test_what_does_not_exist_is_a_system_error() -> None:
    chain, contract = asker()
    nobody = chain.account("nobody")
    smart = {"wasm": {"smart": {"contract_addr": nobody, "msg": "e30="}}}
    assert answer(contract, smart) == {"error": {"no_such_contract": {"addr": nobody}}}
    code = {"wasm": {"code_info": {"code_id": 9}}}
    assert answer(contract, code) == {"error": {"no_such_code": {"code_id": 9}}}


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("custom", "custom"),
        ("stargate", "Stargate queries are disabled on this chain"),
        ("grpc", "gRPC queries are disabled on this chain"),
    ],
)
def test_what_a_default_chain_refuses_is_refused_alike(module: str, kind: str) -> None:
    _, contract = asker()
    found = answer(contract, {module: {"path": "x", "data": ""}})
    assert found == {"error": {"unsupported_request": {"kind": kind}}}


@pytest.mark.parametrize("asked", [{"a": 1, "b": 2}, [], 5, {}])
def test_a_malformed_question_comes_back(asked: object) -> None:
    _, contract = asker()
    found = answer(contract, asked)
    assert b64decode(found["error"]["invalid_request"]["request"]) == (
        compact_json(asked).encode()
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"bank": {"balance": {"address": "x"}}},
        {"bank": {"balance": {}}},
        {"wasm": {"smart": {"contract_addr": ADDRESS, "msg": "?"}}},
        {"wasm": {"code_info": {"code_id": -1}}},
    ],
)
def test_a_question_of_another_form_is_an_error(asked: object) -> None:
    _, contract = asker()
    assert answer(contract, asked)["ok"]["error"].startswith("codespace: sdk, code: ")


def test_staking_is_refused_by_name_until_there_is_a_handler() -> None:
    chain, contract = asker()
    asked = {"staking": {"bonded_denom": {}}}
    with pytest.raises(NotSimulated, match=r"the query staking\.bonded_denom"):
        contract.execute(asked)
    chain.handlers.queries["staking.bonded_denom"] = lambda *_: {"denom": "stake"}
    assert content(answer(contract, asked)) == {"denom": "stake"}
    branch = chain.branch()
    there = branch.contract(contract.address)
    assert content(answer(there, asked)) == {"denom": "stake"}
    branch.handlers.queries.clear()
    assert content(answer(contract, asked)) == {"denom": "stake"}


@pytest.mark.parametrize("engine", ENGINES)
def test_queries_that_ask_themselves_end_after_ten(engine: str) -> None:
    chain, contract = asker(engine=engine)
    found, gas = chain.query_bytes(contract.address, {})
    assert found == b'"fine"'
    # The first loads the code for 60,000, nine more for 2,000; an eleventh is refused.
    assert gas == 115_931
    contract.execute(json.loads(LOOP_QUERY))


def test_a_query_has_gas_of_its_own() -> None:
    chain, contract = asker()
    with pytest.raises(CosmosError, match="out of gas"):
        chain.query(contract.address, {}, gas_limit=62_000)
    with pytest.raises(TransactionFailed, match="out of gas"):
        contract.execute(json.loads(LOOP_QUERY), gas_limit=80_000)


def empty_context() -> Context:
    block = BlockInfo(1, 1, "test-1")
    rules = find_rules("wasmd-0.54.0")
    return Context(rules, AddressBook("cosmos"), OrderedState(), block, SdkGasMeter())


def asked_range(**fields: object) -> dict[str, Any]:
    """What a contract with the keys 0 to 100 in its store is told of a range."""
    context = empty_context()
    contract = context.addresses.data(ADDRESS)
    for prefix in (STORAGE_KEY + contract, STORAGE_KEY + contract[:-1] + b"\xff"):
        for number in range(101):
            context.wasm.set(prefix + bytes([number]), bytes([number, 7]))
    body = {"contract_addr": ADDRESS, "limit": 1_000, "order": "ascending", **fields}
    request = compact_json({"wasm": {"raw_range": body}}).encode()
    # No contract runs, so there is no need of a keeper.
    queries = Queries(cast(Keeper, None), Handlers())
    return queries.answer(context, request)


def encoded(*data: int) -> str:
    return b64encode(bytes(data)).decode()


@pytest.mark.parametrize(
    ("fields", "numbers", "following"),
    [
        ({}, range(100), 100),
        ({"limit": 2**64 - 1}, range(100), 100),
        ({"limit": 101}, range(100), 100),
        ({"limit": 99}, range(99), 99),
        ({"limit": 0}, range(0), 0),
        ({"start": None, "end": None, "limit": 1}, range(1), 1),
        ({"start": "", "limit": 1}, range(1), 1),
        ({"start": encoded(99)}, range(99, 101), None),
        ({"start": encoded(1), "end": encoded(3)}, range(1, 3), None),
        ({"end": encoded(2)}, range(2), None),
        ({"order": "descending", "limit": 2}, range(100, 98, -1), 98),
        ({"order": "descending", "end": encoded(1)}, range(1), None),
    ],
)
def test_a_range_has_a_hundred_entries_at_most_and_says_what_follows(
    fields: dict[str, object], numbers: range, following: int | None
) -> None:
    assert content(asked_range(**fields)) == {
        "data": [[encoded(number), encoded(number, 7)] for number in numbers],
        "next_key": None if following is None else encoded(following),
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"limit": 2**64},
        {"limit": -1},
        {"limit": True},
        {"limit": "1"},
        {"start": 5},
        {"end": "?"},
        {"order": None},
    ],
)
def test_a_range_of_another_form_is_an_error(fields: dict[str, object]) -> None:
    assert asked_range(**fields) == {"ok": {"error": "codespace: sdk, code: 18"}}


@pytest.mark.parametrize("pack", [bytes, lambda code: gzip.compress(code, mtime=0)])
def test_a_code_may_have_800_kib(pack: Any) -> None:
    code = bytes(819_200)
    assert unpacked(empty_context(), pack(code)) == code
    with pytest.raises(CosmosError, match="code of 819201 bytes, 819200 at most"):
        unpacked(empty_context(), pack(code + b"\0"))


MESSAGE = {"id": 1, "msg": {}, "reply_on": "never"}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"id": 2**64 - 1, "gas_limit": 2**64 - 1, "payload": "AQ=="}, ""),
        ({"gas_limit": 0, "payload": None}, ""),
        ({"id": 2**64}, "a number of 64 bits expected"),
        ({"id": -1}, "a number of 64 bits expected"),
        ({"id": True}, "number expected"),
        ({"gas_limit": 2**64}, "a number of 64 bits expected"),
        ({"gas_limit": "1"}, "number expected"),
        ({"msg": []}, "a message is no object"),
        ({"reply_on": 1}, "text expected"),
        ({"payload": 5}, "base64 text expected"),
    ],
)
def test_numbers_of_messages_have_64_bits(
    message: dict[str, object], reason: str
) -> None:
    answer = {"messages": [{**MESSAGE, **message}], "attributes": []}
    if reason:
        with pytest.raises(CosmosError) as caught:
            read_response(answer)
        malformed = f"Error calling the VM: malformed response: {reason}"
        assert caught.value.text.startswith(malformed)
        return
    (found,) = read_response(answer).messages
    assert (found.id, found.content, found.reply_on) == (
        message.get("id", 1),
        {},
        "never",
    )
    assert found.gas_limit == message["gas_limit"]
    assert found.payload == (b"\1" if message["payload"] else b"")
