"""Queries of contracts: what the chain answers, what they cost, and recursion."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from chain_sim import CosmosChain, CosmosError, NotSimulated, TransactionFailed
from chain_sim.cosmos.chain.contracts import Contract
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
