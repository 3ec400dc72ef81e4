"""Contract objects of CosmWasm: messages by name, receipts, failures."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from chain_sim import (
    Blockchain,
    Coin,
    CosmosChain,
    CosmosError,
    InvalidSchema,
    UnfitAnswer,
)
from chain_sim.cosmos.schema.errors import UnfitMessage
from contract_testing import (
    ContractError,
    ContractFailure,
    CosmosContract,
    CosmosEvent,
    InvalidUse,
    OutOfGas,
    Reverted,
    Trapped,
)
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmwasm import ECHO, contract_code, echo_chain
from tests.helpers.cosmwasm_schemas import (
    ECHO_SCHEMA,
    HACKATOM,
    HACKATOM_BY_INDEX,
    NO_RESPONSE,
    STRING,
    enum,
    hackatom_code,
    struct,
    variant,
    write_folder,
    write_json,
)
from tests.helpers.wat import wat_to_wasm

# `execute` divides by zero in a func called `inner`; `query` answers text.
STOPPING = """
  (func $inner (result i32) i32.const 1 i32.const 0 i32.div_u)
  (func (export "instantiate") (param i32 i32 i32) (result i32) local.get 2)
  (func (export "execute") (param i32 i32 i32) (result i32) call $inner)
  (func (export "sudo") (param i32 i32) (result i32) (loop br 0) unreachable)
  (func (export "query") (param i32 i32) (result i32) local.get 1)
"""
STOPPING_SCHEMA = {
    "contract_name": "stopping",
    "instantiate": ECHO_SCHEMA["instantiate"],
    "execute": enum("ExecuteMsg", {"type": "string", "enum": ["stop"]}),
    "sudo": enum("SudoMsg", variant("loop", struct())),
    "query": ECHO_SCHEMA["query"],
    "responses": {"ok": struct("Answer", value=STRING)},
}


@pytest.fixture
def chain() -> CosmosChain:
    return CosmosChain("wasmd-0.70.3")


@pytest.fixture
def alice(chain: CosmosChain) -> str:
    return chain.account("alice", "1000stake")


@pytest.fixture
def bob(chain: CosmosChain) -> str:
    return chain.account("bob", "5stake")


@pytest.fixture
def echo(chain: CosmosChain, alice: str) -> CosmosContract:
    code = wat_to_wasm(ECHO)
    return CosmosContract.deploy(
        chain, code, schema=ECHO_SCHEMA, admin=alice, args={"ok": NO_RESPONSE}
    )


def stopping(engine: str) -> CosmosContract:
    chain = CosmosChain(engine=engine)
    chain.account("alice")
    return CosmosContract.deploy(
        chain,
        contract_code("", STOPPING),
        schema=STOPPING_SCHEMA,
        args={"ok": NO_RESPONSE},
    )


@pytest.mark.parametrize("form", ["file", "index", "folder"])
def test_hackatom_is_used_by_the_names_of_each_form(
    form: str, chain: CosmosChain, alice: str, bob: str, tmp_path: Path
) -> None:
    schema: Any = {
        "file": lambda: write_json(tmp_path / "hackatom.json", HACKATOM),
        "index": lambda: HACKATOM_BY_INDEX,
        "folder": lambda: write_folder(tmp_path / "schema", HACKATOM),
    }[form]()
    hackatom = CosmosContract.deploy(
        chain,
        hackatom_code(),
        schema=schema,
        sender=alice,
        admin=alice,
        funds=[Coin(100, "stake")],
        label="hackatom",
        verifier=alice,
        beneficiary=bob,
    )
    assert hackatom.query.verifier().verifier == alice
    assert hackatom.query.get_int().int == 0xF00BAA
    address = hackatom.address.encode()
    assert hackatom.query.recurse(depth=0, work=0).hashed == address
    receipt = hackatom.execute.release(denom="stake", sender=alice)
    assert receipt.data == bytes.fromhex("f00baa")
    assert receipt.gas.sdk == receipt.gas_used == 81_738
    assert receipt.gas.vm == 82_868_655
    (event,) = receipt.events.of("wasm", action="release")
    assert event["destination"] == bob
    assert chain.balances(bob) == {"stake": 105}
    # Its state is of the same version, so the contract itself is not called.
    moved = hackatom.migrate(verifier=bob, code_id=1, sender=alice)
    assert (moved.gas.sdk, moved.gas.vm) == (23_050, 0)
    with pytest.raises(ContractFailure, match="spendable balance 0stake"):
        hackatom.sudo.steal_funds(recipient=bob, amount=[Coin(5, "stake")])
    stored = hackatom.raw_query("config")
    assert stored is not None
    assert stored.startswith(b'{"verifier":')


def test_a_contracts_error_is_an_exception_with_its_text(
    chain: CosmosChain, alice: str, bob: str
) -> None:
    hackatom = CosmosContract.deploy(
        chain, hackatom_code(), schema=HACKATOM, verifier=alice, beneficiary=bob
    )
    before = chain.head
    with pytest.raises(ContractError) as caught:
        hackatom.execute.release(denom="stake", sender=bob)
    failure = caught.value
    assert failure.text == "Unauthorized"
    assert isinstance(failure, Reverted)
    assert str(failure).startswith("hackatom.execute.release(denom='stake', sender=")
    assert str(failure).endswith("): ContractError: Unauthorized")
    assert failure.receipt.gas.sdk > 60_000
    assert chain.head == before
    receipt = hackatom.execute.release(denom="stake", sender=bob, check=False)
    assert not receipt.succeeded
    assert receipt.events == ()
    assert str(pickle.loads(pickle.dumps(failure))) == str(failure)


def test_a_panic_is_a_trap_with_its_place(
    chain: CosmosChain, alice: str, bob: str
) -> None:
    hackatom = CosmosContract.deploy(
        chain, hackatom_code(), schema=HACKATOM, verifier=alice, beneficiary=bob
    )
    with pytest.raises(Trapped) as caught:
        hackatom.execute.panic()
    assert caught.value.kind == "Aborted"
    assert caught.value.detail.startswith("panicked at src/contract.rs")
    assert caught.value.where is not None
    assert len(caught.value.where.frames) > 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trap_has_its_kind_and_its_place_on_both_engines(engine: str) -> None:
    contract = stopping(engine)
    with pytest.raises(Trapped) as caught:
        contract.execute.stop()
    assert caught.value.kind == "integer divide by zero"
    where = caught.value.where
    assert where is not None
    assert where.frames[0].func_name == "inner"
    assert where.address == contract.chain.addresses.data(contract.address)
    assert str(caught.value) == (
        f"stopping.execute.stop(): integer divide by zero at {where.summary}"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lack_of_gas_has_its_limit_and_its_place(engine: str) -> None:
    contract = stopping(engine)
    with pytest.raises(OutOfGas) as caught:
        contract.sudo.loop(gas_limit=100_000)
    assert (caught.value.limit, caught.value.short_by) == (100_000, None)
    assert caught.value.where is not None
    with pytest.raises(OutOfGas) as early:
        contract.sudo.loop(gas_limit=1_000)
    assert early.value.where is None


def test_a_query_fails_as_a_call_does(echo: CosmosContract) -> None:
    with pytest.raises(ContractError) as caught:
        echo.query.error("no")
    assert (caught.value.text, caught.value.receipt) == ("no", None)
    with pytest.raises(OutOfGas):
        echo.query.ok(b"1", gas_limit=1)


def test_an_answer_that_the_schema_does_not_promise_is_told() -> None:
    contract = stopping("interpreter")
    assert contract.query.ok(b'{"value":"x"}').value == "x"
    with pytest.raises(UnfitAnswer, match=r"\$\.value: missing, a string"):
        contract.query.ok(b"{}")


def test_events_and_data_are_the_receipts(echo: CosmosContract) -> None:
    said = {**NO_RESPONSE, "attributes": [{"key": "a", "value": "b"}], "data": b"\1"}
    receipt = echo.execute.ok(**said)
    assert receipt.succeeded
    assert receipt.data == b"\1"
    address = ("_contract_address", echo.address)
    assert receipt.events == (
        CosmosEvent("execute", [address]),
        CosmosEvent("wasm", [address, ("a", "b")]),
    )
    assert CosmosEvent("wasm", dict([address, ("a", "b")])) in receipt.events
    assert receipt.events.of("wasm", a="c") == ()
    assert receipt.events[1]["a"] == "b"
    with pytest.raises(KeyError):
        receipt.events[1]["c"]
    assert receipt.gas.parts == receipt.outcome.gas
    assert sum(receipt.gas.parts.values()) == receipt.gas.sdk
    assert repr(receipt).startswith("<CosmosReceipt height 5 success, gas ")


def test_what_does_not_fit_is_refused_before_it_is_sent(echo: CosmosContract) -> None:
    before = echo.chain.head
    for send, path in (
        (lambda: echo.execute.ok(**NO_RESPONSE, data="x"), "$.ok.data"),
        (lambda: echo.execute.ok(messages=[], attributes=[]), "$.ok.events"),
        (lambda: echo.execute.ok(**NO_RESPONSE, dta=b""), "$.ok.dta"),
        (echo.execute.error, "$"),
        (lambda: echo.execute.error("a", "b"), "$"),
        (lambda: echo.execute.error(text="a"), "$"),
        (lambda: echo.execute.error(5), "$.error"),
        (lambda: echo.execute.ok(5), "$.ok"),
    ):
        with pytest.raises(UnfitMessage) as caught:
            send()
        assert caught.value.path == path
    assert echo.chain.head == before


def test_names_that_are_not_there_are_told_with_the_nearest(
    echo: CosmosContract,
) -> None:
    with pytest.raises(AttributeError, match="echo has no execute 'err': did you mean"):
        echo.execute.err("x")
    with pytest.raises(InvalidSchema, match="the schema has no sudo message"):
        echo.sudo(x=1)
    with pytest.raises(AttributeError):
        echo.sudo.anything()
    assert not hasattr(echo.execute, "__wrapped__")
    assert list(echo.execute) == ["ok", "error"]
    assert "ok" in dir(echo.execute)
    assert echo.execute["ok"].encode(**NO_RESPONSE, data=None) == {"ok": NO_RESPONSE}
    with pytest.raises(KeyError):
        echo.execute["okay"]
    assert repr(echo.execute.error) == "<echo.execute.error(string)>"
    assert repr(echo.query) == "<echo.query: ok, error>"
    assert repr(echo) == (
        f"<echo {echo.address} on chain test-1: 2 execute messages, 2 query messages>"
    )


def test_options_and_fields_of_one_name_are_told_apart(
    chain: CosmosChain, bob: str
) -> None:
    named = struct(sender=STRING, funds=STRING)
    schema = {**STOPPING_SCHEMA, "execute": enum("E", variant("pay", named))}
    code = contract_code("", STOPPING)
    contract = CosmosContract.deploy(
        chain, code, schema=schema, args={"ok": NO_RESPONSE}
    )
    with pytest.raises(UnfitMessage, match=r"\$\.pay\.sender: missing"):
        contract.execute.pay(sender=bob, funds="x")
    message = contract.execute.pay.encode(
        args={"sender": "x", "funds": "y"}, sender=bob
    )
    assert message == {"pay": {"sender": "x", "funds": "y"}}


def test_a_contract_is_found_again_and_has_defaults(
    echo: CosmosContract, chain: CosmosChain, bob: str
) -> None:
    again = CosmosContract(echo.address, ECHO_SCHEMA, chain, label="Again")
    assert again == echo
    assert hash(again) == hash(echo)
    assert (again.label, again.receipt) == ("Again", None)
    assert echo.receipt is not None
    assert echo.receipt.events.of("instantiate")[0]["code_id"] == "1"
    by_bob = echo.using(sender=bob, funds="2stake")
    by_bob.execute.ok(**NO_RESPONSE)
    assert chain.balances(echo.address) == {"stake": 2}
    with pytest.raises(TypeError, match="no option value"):
        echo.using(value=1)
    with pytest.raises(CosmosError, match="no such contract"):
        CosmosContract(bob, ECHO_SCHEMA, chain)


def test_a_contract_of_a_stored_code_and_a_contract_as_an_address(
    echo: CosmosContract, chain: CosmosChain
) -> None:
    other = CosmosContract.instantiate(
        chain, 1, schema=ECHO_SCHEMA, label="other", args={"ok": NO_RESPONSE}
    )
    assert other.address != echo.address
    # Text is taken from whatever has an address.
    assert other.execute.error.encode(echo) == {"error": echo.address}
    with pytest.raises(ContractError, match="sorry"):
        CosmosContract.instantiate(
            chain, 1, schema=ECHO_SCHEMA, args={"error": "sorry"}
        )


def test_migrate_needs_the_number_of_a_code(echo: CosmosContract, alice: str) -> None:
    with pytest.raises(InvalidUse, match="migrate needs code_id="):
        echo.migrate.ok(**NO_RESPONSE)
    receipt = echo.migrate.ok(**NO_RESPONSE, code_id=1, sender=alice)
    assert receipt.events.of("migrate")[0]["code_id"] == "1"
    with pytest.raises(InvalidUse, match="no address of a Cosmos chain"):
        echo.execute.ok(**NO_RESPONSE, sender=5)


def test_contracts_of_the_chain_take_a_schema_too() -> None:
    chain, plain = echo_chain()
    contract = chain.contract(plain.address, schema=ECHO_SCHEMA)
    before = chain.head
    with pytest.raises(UnfitMessage, match=r"\$\.ok\.data"):
        contract.execute({"ok": {**NO_RESPONSE, "data": "x"}})
    with pytest.raises(UnfitMessage, match=r"\$\.ok\.data"):
        contract.execute('{"ok":{"messages":[],"attributes":[],"events":[],"data":5}}')
    with pytest.raises(InvalidSchema):
        contract.sudo({"ok": {}})
    assert chain.head == before
    assert contract.execute({"ok": {**NO_RESPONSE, "data": b"\2"}}).data == b"\2"
    assert contract.query({"ok": b"[1]"}) == [1]
    made = chain.code(1).instantiate({"ok": NO_RESPONSE}, schema=ECHO_SCHEMA)
    assert made.schema is not None
    assert made.query('{"ok":"WzFd"}') == [1]
    with pytest.raises(UnfitMessage):
        chain.code(1).instantiate({"no": {}}, schema=ECHO_SCHEMA)


def test_a_message_that_does_not_fit_stores_no_code(chain: CosmosChain) -> None:
    before = chain.head
    with pytest.raises(UnfitMessage, match=r"\$\.ok\.events: missing"):
        CosmosContract.deploy(
            chain,
            wat_to_wasm(ECHO),
            schema=ECHO_SCHEMA,
            args={"ok": {"messages": [], "attributes": []}},
        )
    with pytest.raises(InvalidSchema):
        CosmosContract.deploy(chain, wat_to_wasm(ECHO), schema={"query": True})
    assert chain.head == before


def test_another_kind_of_chain_is_told() -> None:
    with pytest.raises(TypeError, match="chain must be a CosmosChain, not"):
        CosmosContract.instantiate(Blockchain.in_memory(), 1, schema=ECHO_SCHEMA)  # type: ignore[arg-type]
