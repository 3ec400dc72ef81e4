"""Messages of contracts, each kind: its gas, its events, its answer, its faults."""

from base64 import b64decode
from typing import Any

import pytest

from chain_sim import CosmosChain, NotSimulated, TransactionFailed
from chain_sim.cosmos.accounts.bank import BURNER
from chain_sim.cosmos.protobuf import message as protobuf
from tests.chain_sim.cosmos.test_chain import FIRST_ADDRESS, encoded
from tests.helpers.cosmwasm import ECHO, echo_chain, response, submessage, told
from tests.helpers.wat import wat_to_wasm

STRANGER = "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a"
DATA = encoded(response(data="AQI="))
EXECUTE = {"contract_addr": FIRST_ADDRESS, "msg": DATA, "funds": []}
INSTANTIATE = {"code_id": 1, "msg": DATA, "label": "l", "funds": []}
MIGRATE = {"contract_addr": FIRST_ADDRESS, "msg": DATA, "new_code_id": 2}
CONTRACT = {"_contract_address": FIRST_ADDRESS}
NEXT = "cosmos1suhgf5svhu4usrurvxzlgn54ksxmn8gljarjtxqnapv8kjnp4nrs2zhgh2"


def stake(amount: object) -> list[dict[str, object]]:
    return [{"denom": "stake", "amount": amount}]


def moved(source: str, target: str, amount: str) -> list[tuple[str, dict[str, str]]]:
    return [
        ("coin_spent", {"spender": source, "amount": amount}),
        ("coin_received", {"receiver": target, "amount": amount}),
        ("transfer", {"recipient": target, "sender": source, "amount": amount}),
    ]


def burner() -> str:
    return CosmosChain().addresses.text(BURNER)


CASES = {
    "send": (
        {"bank": {"send": {"to_address": STRANGER, "amount": stake("3")}}},
        105_896,
        ("/cosmos.bank.v1beta1.MsgSendResponse", b""),
        moved(FIRST_ADDRESS, STRANGER, "3stake"),
    ),
    "send nothing": (
        {"bank": {"send": {"to_address": STRANGER, "amount": stake("0")}}},
        74_493,
        None,
        [],
    ),
    "burn": (
        {"bank": {"burn": {"amount": stake("3")}}},
        109_725,
        None,
        [
            *moved(FIRST_ADDRESS, burner(), "3stake"),
            ("coin_spent", {"spender": burner(), "amount": "3stake"}),
            ("burn", {"burner": burner(), "amount": "3stake"}),
        ],
    ),
    "execute": (
        {"wasm": {"execute": EXECUTE}},
        87_651,
        ("/cosmwasm.wasm.v1.MsgExecuteContractResponse", protobuf((1, b"\1\2"))),
        [("execute", CONTRACT)],
    ),
    "instantiate": (
        {"wasm": {"instantiate": INSTANTIATE}},
        131_440,
        (
            "/cosmwasm.wasm.v1.MsgInstantiateContractResponse",
            protobuf((1, NEXT), (2, b"\1\2")),
        ),
        [("instantiate", {"_contract_address": NEXT, "code_id": "1"})],
    ),
    "migrate": (
        {"wasm": {"migrate": MIGRATE}},
        109_491,
        ("/cosmwasm.wasm.v1.MsgMigrateContractResponse", protobuf((1, b"\1\2"))),
        [("migrate", {"code_id": "2", **CONTRACT})],
    ),
    "update_admin": (
        {"wasm": {"update_admin": {"contract_addr": FIRST_ADDRESS, "admin": STRANGER}}},
        93_552,
        ("/cosmwasm.wasm.v1.MsgUpdateAdminResponse", b""),
        [("update_contract_admin", {**CONTRACT, "new_admin_address": STRANGER})],
    ),
    "clear_admin": (
        {"wasm": {"clear_admin": {"contract_addr": FIRST_ADDRESS}}},
        90_519,
        ("/cosmwasm.wasm.v1.MsgClearAdminResponse", b""),
        [("update_contract_admin", {**CONTRACT, "new_admin_address": ""})],
    ),
}


def own_admin() -> tuple[CosmosChain, Any]:
    """An echo that is its own admin, and a second code."""
    chain, contract = echo_chain()
    chain.store(wat_to_wasm(ECHO))
    contract.set_admin(contract.address)
    return chain, contract


@pytest.mark.parametrize("name", CASES)
def test_each_kind_has_its_gas_events_and_answer(name: str) -> None:
    content, gas, answer, events = CASES[name]
    _, contract = own_admin()
    outcome = contract.execute(response(submessage(content, "always")))
    result = told(contract)["result"]["ok"]
    found = [
        (one["type_url"], b64decode(one["value"])) for one in result["msg_responses"]
    ]
    assert found == ([] if answer is None else [answer])
    assert outcome.gas_used == gas
    # Between the call's own event and the reply's.
    assert [
        (event.kind, dict(event.attributes)) for event in outcome.events[1:-1]
    ] == events


def test_coins_that_are_burnt_are_gone() -> None:
    chain, contract = own_admin()
    before = chain.supply("stake")
    for amount, left in ((3, 997), (997, 0)):
        burn = {"bank": {"burn": {"amount": stake(str(amount))}}}
        contract.execute(response(submessage(burn)))
        assert chain.balance(contract.address, "stake") == left
    assert chain.supply("stake") == before - 1_000
    alone = CosmosChain()
    bob = alone.account("bob", "5atom")
    alone.run_messages(
        [{"bank": {"burn": {"amount": [{"denom": "atom", "amount": "5"}]}}}], bob
    )
    assert (alone.supply("atom"), alone.balances(bob)) == (0, {})


def test_a_predictable_contract_has_the_address_of_its_salt() -> None:
    chain, contract = own_admin()
    content = {"wasm": {"instantiate2": {**INSTANTIATE, "salt": "AQ==", "admin": None}}}
    outcome = contract.execute(response(submessage(content, "always")))
    (answer,) = told(contract)["result"]["ok"]["msg_responses"]
    assert answer["type_url"] == "/cosmwasm.wasm.v1.MsgInstantiateContract2Response"
    address = "cosmos1aq4w4lpdp7ntlwg9mtxmp3t3lsqxvm2q553xkkxlum7sa68m6esqq85t3f"
    assert b64decode(answer["value"]) == protobuf((1, address), (2, b"\1\2"))
    assert chain.contract(address).address == address
    assert outcome.gas_used == 127_739
    same = chain.code(1).instantiate(
        response(), sender=contract.address, salt=b"\2", fixes_message=True
    )
    other = chain.code(1).instantiate(
        response(data="AQ=="), sender=contract.address, salt=b"\2", fixes_message=True
    )
    assert same.address != other.address


def test_a_contract_that_was_made_has_what_its_message_says() -> None:
    chain, contract = own_admin()
    body = {**INSTANTIATE, "admin": STRANGER, "funds": stake("7")}
    contract.execute(response(submessage({"wasm": {"instantiate": body}})))
    made = chain.contract(NEXT)
    assert chain.balances(NEXT) == {"stake": 7}
    with pytest.raises(TransactionFailed, match="can not modify contract"):
        made.set_label("x", sender=contract.address)
    made.set_label("new", sender=STRANGER)


MALFORMED = "invalid CosmosMsg from the contract (codespace wasm code 10)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            {"bank": {"send": {"amount": []}, "x": 1}},
            "bank is not simulated; register a handler",
        ),
        ({"bank": {"send": {}}}, f"bank.send: missing field amount: {MALFORMED}"),
        ({"bank": {"send": []}}, f"bank.send: missing field amount: {MALFORMED}"),
        (
            {"bank": {"send": {"amount": stake("1")}}},
            f"bank.send: missing field to_address: {MALFORMED}",
        ),
        (
            {"bank": {"send": {"amount": stake("1"), "to_address": 5}}},
            f"bank.send: to_address is no text: {MALFORMED}",
        ),
        (
            {"bank": {"send": {"amount": stake("1"), "to_address": "x"}}},
            "decoding bech32 failed: invalid separator index -1: invalid address"
            " (codespace sdk code 7)",
        ),
        (
            {"bank": {"send": {"amount": {}, "to_address": STRANGER}}},
            "coins are not a list: invalid coins (codespace sdk code 10)",
        ),
        (
            {"bank": {"send": {"amount": [5], "to_address": STRANGER}}},
            "5: invalid coins (codespace sdk code 10)",
        ),
        (
            {"bank": {"send": {"amount": stake(True), "to_address": STRANGER}}},
            "amount True: invalid coins (codespace sdk code 10)",
        ),
        (
            {"bank": {"send": {"amount": stake(str(2**256)), "to_address": STRANGER}}},
            f"amount {2**256}: invalid coins (codespace sdk code 10)",
        ),
        (
            {"bank": {"send": {"amount": stake("9" * 80), "to_address": STRANGER}}},
            "amount -1: invalid coins (codespace sdk code 10)",
        ),
        (
            {"bank": {"send": {"amount": stake("1") * 2, "to_address": STRANGER}}},
            "duplicate denomination stake: invalid coins (codespace sdk code 10)",
        ),
        (
            {
                "bank": {
                    "send": {
                        "amount": [{"denom": "xy", "amount": "1"}],
                        "to_address": STRANGER,
                    }
                }
            },
            "invalid denom: xy: invalid coins (codespace sdk code 10)",
        ),
        (
            {"bank": {"burn": {"amount": stake("0")}}},
            "amount: empty (codespace wasm code 12)",
        ),
        (
            {"wasm": {"execute": {**EXECUTE, "msg": "?"}}},
            "wasm.execute: not base64: Only base64 data is allowed: " + MALFORMED,
        ),
        (
            {"wasm": {"execute": {**EXECUTE, "msg": "ew=="}}},
            "payload msg: invalid: invalid (codespace wasm code 14)",
        ),
        (
            {"wasm": {"instantiate": {**INSTANTIATE, "code_id": -1}}},
            f"wasm.instantiate: code_id does not fit 64 bits: {MALFORMED}",
        ),
        (
            {"wasm": {"instantiate": {**INSTANTIATE, "code_id": 2**64}}},
            f"wasm.instantiate: code_id does not fit 64 bits: {MALFORMED}",
        ),
        (
            {"wasm": {"instantiate": {**INSTANTIATE, "code_id": True}}},
            f"wasm.instantiate: code_id is no number: {MALFORMED}",
        ),
        (
            {"wasm": {"instantiate": {**INSTANTIATE, "code_id": "1"}}},
            f"wasm.instantiate: code_id is no number: {MALFORMED}",
        ),
        (
            {"wasm": {"instantiate": {**INSTANTIATE, "code_id": 2**64 - 1}}},
            f"code id {2**64 - 1}: no such code (codespace wasm code 28)",
        ),
        (
            {"wasm": {"instantiate": {**INSTANTIATE, "admin": 5}}},
            f"wasm.instantiate: admin is no text: {MALFORMED}",
        ),
        (
            {"wasm": {"instantiate2": INSTANTIATE}},
            f"wasm.instantiate2: missing field salt: {MALFORMED}",
        ),
        (
            {"wasm": {"migrate": {**MIGRATE, "new_code_id": 1.5}}},
            f"wasm.migrate: new_code_id is no number: {MALFORMED}",
        ),
        (
            {"wasm": {"update_admin": {"contract_addr": FIRST_ADDRESS, "admin": ""}}},
            "empty address string is not allowed: invalid address"
            " (codespace sdk code 7)",
        ),
        (
            {},
            "unknown message variant: unknown message from the contract"
            " (codespace wasm code 20)",
        ),
    ],
)
def test_a_malformed_message_says_what_is_wrong(content: Any, reason: str) -> None:
    chain, _ = own_admin()
    before = chain.head
    with pytest.raises((TransactionFailed, NotSimulated)) as caught:
        chain.run_messages([content], FIRST_ADDRESS)
    assert str(caught.value) == reason
    assert chain.head == before
