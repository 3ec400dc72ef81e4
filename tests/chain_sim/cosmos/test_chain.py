"""A Cosmos chain in use: contracts, messages, failures, blocks."""

import gzip
import json
from base64 import b64encode
from typing import Any

import pytest

from chain_sim import CosmosChain, CosmosError, NotSimulated, TransactionFailed
from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.cosmos.steps import run_steps
from chain_sim.cosmos.wasm.dispatcher import MessageResult
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from contractvm.hosts.cosmwasm.json_text import compact_json
from contractvm.runtime.engine_selection import ENGINES
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

FIRST_ADDRESS = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"


def encoded(message: object) -> str:
    return b64encode(json.dumps(message).encode()).decode()


def bank_send(chain: CosmosChain, name: str, amount: int) -> dict[str, Any]:
    coin = {"denom": "stake", "amount": str(amount)}
    to = chain.addresses.text(name.encode().ljust(20, b"\0"))
    return {"bank": {"send": {"to_address": to, "amount": [coin]}}}


def call(contract: str, message: object) -> dict[str, Any]:
    execute = {"contract_addr": contract, "msg": encoded(message), "funds": []}
    return {"wasm": {"execute": execute}}


def test_the_first_contract_has_the_address_of_every_chain() -> None:
    chain, contract = echo_chain()
    assert contract.address == FIRST_ADDRESS
    assert chain.balances(FIRST_ADDRESS) == {"stake": 1_000}
    assert chain.balances(chain.account("alice")) == {"stake": 1_000}


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_make_the_same_chain(engine: str) -> None:
    chain, contract = echo_chain(engine=engine)
    contract.execute(response(attributes=[("key", "value")], data="AQI="))
    assert contract.outcome is not None
    assert contract.outcome.gas_used == 120_609
    assert chain.head.root.hex() == ROOT


ROOT = "82938f452ca7d6d25f132a2da108683aeea60b7adf4018513c3bf90c53e4b3aa"


@pytest.mark.parametrize(
    ("release", "gas"),
    [
        ("wasmd-0.45.0", 29_139),
        ("wasmd-0.50.0", 31_616),
        ("wasmd-0.70.3", 28_622),
    ],
)
def test_a_new_account_costs_by_the_line_of_the_sdk(release: str, gas: int) -> None:
    chain = CosmosChain(release)
    alice = chain.account("alice", "5stake")
    stranger = chain.addresses.text(bytes(20))
    assert chain.send(alice, stranger, "1stake").gas_used == gas


def test_events_and_data_are_the_contracts() -> None:
    _, contract = echo_chain()
    outcome = contract.execute(
        response(
            attributes=[(" key ", " value ")],
            events=[("made", [("a", "")])],
            data="AQI=",
        )
    )
    address = ("_contract_address", contract.address)
    assert [(event.kind, event.attributes) for event in outcome.events] == [
        ("execute", [address]),
        ("wasm", [address, ("key", "value")]),
        ("wasm-made", [address, ("a", "")]),
    ]
    assert outcome.data == b"\1\2"
    assert outcome.gas["Custom contract event attributes"] == 10 + 20 + 4 + 10
    assert sum(outcome.gas.values()) == outcome.gas_used


@pytest.mark.parametrize(
    ("attributes", "events"),
    [
        ([("_key", "x")], []),
        ([(" ", "x")], []),
        ([], [("ab", [])]),
        ([], [(" ab ", [])]),
        ([], [("abc", [("_a", "")])]),
    ],
)
def test_bad_events_fail_the_whole_call(attributes: Any, events: Any) -> None:
    chain, contract = echo_chain()
    before = chain.head
    with pytest.raises(TransactionFailed) as caught:
        contract.execute(response(attributes=attributes, events=events))
    assert (caught.value.error.codespace, caught.value.error.code) == ("wasm", 21)
    assert chain.head == before


def test_a_contracts_error_is_the_chains_error() -> None:
    chain, contract = echo_chain()
    with pytest.raises(TransactionFailed) as caught:
        contract.execute({"error": "no"}, funds="5stake")
    assert str(caught.value) == (
        "no: execute wasm contract failed (codespace wasm code 5)"
    )
    assert caught.value.redacted == "no: execute wasm contract failed"
    assert caught.value.outcome.gas_used > 60_000
    assert chain.balances(contract.address) == {"stake": 1_000}


@pytest.mark.parametrize(
    ("reply_on", "is_told"),
    [("always", True), ("success", True), ("error", False), ("never", False)],
)
def test_success_is_told_where_it_is_wished(reply_on: str, is_told: bool) -> None:
    chain, contract = echo_chain()
    sent = submessage(bank_send(chain, "new", 10), reply_on, 7)
    contract.execute(response(sent))
    assert chain.balances(contract.address) == {"stake": 990}
    expected = {
        "gas_used": 0,
        "id": 7,
        "result": {
            "ok": {
                "events": [],
                "msg_responses": [
                    {"type_url": "/cosmos.bank.v1beta1.MsgSendResponse", "value": ""}
                ],
            }
        },
    }
    assert told(contract) == (expected if is_told else None)


@pytest.mark.parametrize("reply_on", ["always", "error"])
def test_a_failure_is_undone_and_told(reply_on: str) -> None:
    chain, contract = echo_chain()
    fine = submessage(bank_send(chain, "new", 1))
    bad = submessage(bank_send(chain, "new", 1_000), reply_on, 8)
    contract.execute(response(fine, bad))
    assert chain.balances(contract.address) == {"stake": 999}
    assert told(contract)["result"] == {"error": "codespace: sdk, code: 5"}


def test_what_a_failed_message_did_before_it_failed_is_undone() -> None:
    chain, contract = echo_chain()
    sent = submessage(bank_send(chain, "new", 10))
    bad = submessage(bank_send(chain, "new", 1_000))
    both = call(contract.address, response(sent, bad))
    contract.execute(response(submessage(both, "error", 9)))
    assert chain.balances(contract.address) == {"stake": 1_000}
    assert told(contract)["result"] == {"error": "codespace: sdk, code: 5"}


@pytest.mark.parametrize("reply_on", ["success", "never"])
def test_a_failure_that_nobody_handles_undoes_everything(reply_on: str) -> None:
    chain, contract = echo_chain()
    fine = submessage(bank_send(chain, "new", 1))
    bad = submessage(bank_send(chain, "new", 1_000), reply_on)
    with pytest.raises(TransactionFailed, match="spendable balance 999stake is small"):
        contract.execute(response(fine, bad))
    assert chain.balances(contract.address) == {"stake": 1_000}


def test_a_reply_that_fails_undoes_its_message_too() -> None:
    chain, contract = echo_chain()
    big = {"payload": b64encode(bytes(131_073)).decode()}
    sent = submessage(bank_send(chain, "new", 1), "always")
    with pytest.raises(TransactionFailed, match="payload of a reply"):
        contract.execute(response({**sent, **big}))
    assert chain.balances(contract.address) == {"stake": 1_000}
    # One that fits is told to the contract, whose store does not take that much.
    fits = {"payload": b64encode(bytes(131_072)).decode()}
    with pytest.raises(TransactionFailed, match="Tried to write 174909 bytes"):
        contract.execute(response({**sent, **fits}))


def test_errors_of_contracts_keep_their_text_but_not_through_a_reply() -> None:
    _, contract = echo_chain()
    failing = submessage(call(contract.address, {"error": "inner"}), "error")
    contract.execute(response(failing))
    assert told(contract)["result"] == {"error": "inner: execute wasm contract failed"}


def test_a_missing_contract_is_redacted() -> None:
    chain, contract = echo_chain()
    nobody = chain.account("nobody")
    contract.execute(response(submessage(call(nobody, {}), "error")))
    assert told(contract)["result"] == {"error": "codespace: wasm, code: 22"}


def test_a_limit_of_gas_is_charged_whole_when_it_is_met() -> None:
    _, contract = echo_chain()
    small = submessage(call(contract.address, response()), "error", gas_limit=5_000)
    outcome = contract.execute(response(small))
    assert told(contract)["result"] == {"error": "codespace: sdk, code: 11"}
    assert outcome.gas_used == sum(outcome.gas.values())


def test_out_of_gas_without_a_limit_ends_the_transaction() -> None:
    _, contract = echo_chain()
    sent = submessage(call(contract.address, response()), "error")
    with pytest.raises(TransactionFailed, match="out of gas in location") as caught:
        contract.execute(response(sent), gas_limit=66_000)
    assert caught.value.outcome.gas_used == 66_000


@pytest.mark.parametrize("limit", [0, 2**64 - 1])
def test_the_least_and_the_greatest_limit(limit: int) -> None:
    _, contract = echo_chain()
    if limit:
        assert contract.execute(response(), gas_limit=limit).gas_used < 100_000
    else:
        with pytest.raises(TransactionFailed, match="out of gas"):
            contract.execute(response(), gas_limit=limit)


# Answers each message with the same message to itself.
ENDLESS = compact_json(response(submessage(call(FIRST_ADDRESS, {}))))


@pytest.mark.parametrize(
    ("release", "ends_by"), [("wasmd-0.70.3", 30), ("wasmd-0.50.0", 11)]
)
def test_messages_without_end_meet_the_depth_or_the_gas(
    release: str, ends_by: int
) -> None:
    chain = CosmosChain(release)
    chain.account("alice")
    code = chain.store(
        contract_code(
            "",
            f"""{constant(16, EMPTY_RESPONSE)} {constant(256, ENDLESS)}
            (func (export "instantiate") (param i32 i32 i32) (result i32) i32.const 16)
            (func (export "execute") (param i32 i32 i32) (result i32) i32.const 256)""",
        )
    )
    contract = code.instantiate({})
    assert contract.address == FIRST_ADDRESS
    with pytest.raises(TransactionFailed) as caught:
        contract.execute({}, gas_limit=20_000_000)
    assert caught.value.error.code == ends_by


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "{}",
        "not json",
        '{"ok":{}}',
        '{"ok":{"messages":[{}],"attributes":[],"events":[],"data":null}}',
        '{"ok":{"messages":[],"attributes":[],"events":[],"data":"?"}}',
        '{"ok":1,"error":"x"}',
        "[" * 5_000,
    ],
)
def test_malformed_responses_are_errors_of_the_machine(answer: str) -> None:
    chain, contract = echo_chain()
    with pytest.raises(TransactionFailed) as caught:
        chain.transact(
            lambda context, wasm: run_steps(
                wasm.keeper.execute(
                    context,
                    chain.addresses.data(contract.address),
                    chain.sender(None),
                    answer.encode(),
                    (),
                )
            ),
            10_000_000,
        )
    assert (caught.value.error.codespace, caught.value.error.code) == ("wasm", 29)


def test_a_message_must_be_json() -> None:
    _, contract = echo_chain()
    with pytest.raises(TransactionFailed, match="payload msg: invalid"):
        contract.execute("{")


@pytest.mark.parametrize(
    "content",
    [
        {"staking": {"delegate": {}}},
        {"gov": {"vote": {}}},
        {"custom": {"x": 1}},
        {"any": {"type_url": "/x", "value": ""}},
        {"ibc": {"transfer": {}}},
    ],
)
def test_what_is_not_simulated_is_refused_by_name(content: Any) -> None:
    chain, contract = echo_chain()
    before = chain.head
    with pytest.raises(NotSimulated) as caught:
        contract.execute(response(submessage(content, "error")))
    assert caught.value.what.startswith(next(iter(content)))
    assert "register a handler" in str(caught.value)
    assert chain.head == before
    contract.execute(response())


def test_a_registered_handler_answers() -> None:
    chain, contract = echo_chain()
    seen = []

    def delegate(context: Any, sender: str, body: Any) -> MessageResult:
        seen.append((sender, body))
        context.emit("delegate", ("amount", "5"))
        return MessageResult(b"\1")

    chain.handlers.messages["staking.delegate"] = delegate
    content = {"staking": {"delegate": {"validator": "v"}}}
    outcome = contract.execute(response(submessage(content)))
    assert seen == [(contract.address, {"validator": "v"})]
    assert outcome.events[-1].kind == "delegate"


def test_a_handler_that_raises_changes_nothing() -> None:
    chain, contract = echo_chain()

    def broken(context: Any, *_: Any) -> None:
        context.emit("x")
        raise ZeroDivisionError

    chain.handlers.messages["custom"] = broken
    before = chain.head
    fine = submessage(bank_send(chain, "new", 1))
    with pytest.raises(ZeroDivisionError):
        contract.execute(response(fine, submessage({"custom": {}})))
    assert chain.head == before
    assert chain.balances(contract.address) == {"stake": 1_000}


@pytest.mark.parametrize(
    "coins",
    ["1stake,1stake", "0stake", "stake", "-1stake", [("x", 1)], {"stake": -1}, 5],
)
def test_bad_coins_are_refused(coins: Any) -> None:
    chain, contract = echo_chain()
    before = chain.head
    with pytest.raises(CosmosError):
        contract.execute(response(), funds=coins)
    assert chain.head == before


def test_predictable_addresses_follow_from_the_salt() -> None:
    chain, contract = echo_chain()
    code = chain.code(1)
    made = code.instantiate(response(), salt=b"a")
    assert made.address != code.instantiate(response(), salt=b"b").address
    with pytest.raises(TransactionFailed) as caught:
        code.instantiate(response(), salt=b"a")
    assert caught.value.error.code == 15
    for salt in (b"", bytes(65)):
        with pytest.raises(TransactionFailed):
            code.instantiate(response(), salt=salt)
    assert chain.contract(made.address).address == made.address
    assert contract.address == FIRST_ADDRESS


@pytest.mark.parametrize(
    ("label", "code"),
    [("", 12), ("x" * 129, 13), (" x", 14), ("x\n", 14), ("\x07", 14)],
)
def test_labels_have_rules(label: str, code: int) -> None:
    chain, _ = echo_chain()
    with pytest.raises(TransactionFailed) as caught:
        chain.code(1).instantiate(response(), label=label)
    assert caught.value.error.code == code
    chain.code(1).instantiate(response(), label="x" * 128)


def test_only_the_admin_migrates() -> None:
    chain, contract = echo_chain()
    code = chain.store(wat_to_wasm(ECHO))
    assert code.code_id == 2
    bob = chain.account("bob")
    with pytest.raises(TransactionFailed, match="can not migrate"):
        contract.migrate(code, response(), sender=bob)
    outcome = contract.migrate(code, response(data="AQ=="))
    assert outcome.data == b"\1"
    assert [event.kind for event in outcome.events] == ["migrate"]
    assert outcome.events[0].attributes[0] == ("code_id", "2")
    contract.set_admin(bob)
    contract.migrate(code, response(), sender=bob)
    contract.set_admin(None, sender=bob)
    with pytest.raises(TransactionFailed, match="can not migrate"):
        contract.migrate(code, response(), sender=bob)


def test_sudo_is_the_chains_to_call() -> None:
    _, contract = echo_chain()
    outcome = contract.sudo(response())
    assert [event.kind for event in outcome.events] == ["sudo"]


def test_queries_answer_and_change_nothing() -> None:
    chain, contract = echo_chain()
    before = chain.head
    answer = {"ok": encoded({"n": 1})}
    assert contract.query(answer) == {"n": 1}
    with pytest.raises(CosmosError, match="no: query wasm contract failed"):
        contract.query({"error": "no"})
    assert chain.head == before


def test_a_gzip_is_unpacked_and_costs_more() -> None:
    chain, _ = echo_chain()
    code = wat_to_wasm(ECHO)
    packed = gzip.compress(code, mtime=0)
    stored = chain.store(packed)
    assert stored.checksum == chain.code(1).checksum
    assert stored.outcome is not None
    assert stored.outcome.gas["Uncompress gzip bytecode"] == len(packed) * 15 // 100
    assert stored.outcome.gas["Compiling wasm bytecode"] == 3 * len(code)


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (gzip.compress(bytes(10_000_000), mtime=0), 13),
        (gzip.compress(bytes(10), mtime=0)[:-9], 2),
        (b"\x1f\x8b\x08nonsense", 2),
        (bytes(819_201), 13),
        (bytes(10), 2),
        (b"", 12),
    ],
)
def test_bad_code_is_refused(code: bytes, number: int) -> None:
    chain = CosmosChain()
    with pytest.raises(TransactionFailed) as caught:
        chain.store(code)
    assert caught.value.error.code == number


def test_pinned_code_and_code_that_was_loaded_are_cheaper() -> None:
    chain, contract = echo_chain()
    plain = contract.execute(response()).gas["Loading CosmWasm module: execute"]
    nested = response(submessage(call(contract.address, response())))
    both = contract.execute(nested).gas["Loading CosmWasm module: execute"]
    chain.pin(1)
    pinned = contract.execute(response()).gas["Loading CosmWasm module: execute"]
    chain.pin(1, is_pinned=False)
    again = contract.execute(response()).gas["Loading CosmWasm module: execute"]
    assert (plain, both, pinned, again) == (60_000, 62_000, 2_000, 60_000)


def test_governance_says_which_code_it_pinned() -> None:
    chain, _ = echo_chain()
    pinned, unpinned = chain.pin(1), chain.pin(1, is_pinned=False)
    assert [(event.kind, event.attributes) for event in pinned.events] == [
        ("pin_code", [("code_id", "1")])
    ]
    assert [(event.kind, event.attributes) for event in unpinned.events] == [
        ("unpin_code", [("code_id", "1")])
    ]
    for is_pinned in (True, False):
        with pytest.raises(
            TransactionFailed,
            match=r"code id 2: no such code \(codespace wasm code 28\)",
        ):
            chain.pin(2, is_pinned=is_pinned)


def test_a_transaction_of_several_messages_is_undone_as_one() -> None:
    chain, contract = echo_chain()
    fine = bank_send(chain, "new", 10)
    with pytest.raises(TransactionFailed):
        chain.run_messages([fine, call(contract.address, {"error": "x"})])
    assert chain.balances(chain.account("alice")) == {"stake": 1_000}
    chain.run_messages([fine, call(contract.address, response())])
    assert chain.balances(chain.account("alice")) == {"stake": 990}


def test_no_coins_appear() -> None:
    chain, contract = echo_chain()
    assert chain.supply("stake") == 2_000
    contract.execute(response(submessage(bank_send(chain, "new", 10))))
    burn = {"bank": {"burn": {"amount": [{"denom": "stake", "amount": "7"}]}}}
    contract.execute(response(submessage(burn)))
    assert chain.supply("stake") == 1_993
    assert chain.balances(contract.address) == {"stake": 983}


def test_a_block_can_be_returned_to() -> None:
    chain, contract = echo_chain()
    point, root = chain.snapshot(), chain.head.root
    contract.execute(response(submessage(bank_send(chain, "new", 10))))
    assert chain.head.root != root
    branch = chain.branch(point)
    assert branch.balances(contract.address) == {"stake": 1_000}
    assert branch.head.root == root
    chain.revert(point)
    assert (chain.head.root, chain.head.height) == (root, point)
    assert chain.balances(contract.address) == {"stake": 1_000}
    for height in (point + 1, -1, 2**70):
        with pytest.raises(InvalidChainArgument):
            chain.revert(height)


def test_a_chain_continues_in_its_database(tmp_path: Any) -> None:
    with CosmosChain("wasmd-0.60.8", database=LevelDatabase(tmp_path / "db")) as chain:
        chain.account("alice", "10stake")
        contract = chain.store(wat_to_wasm(ECHO)).instantiate(response())
        head = chain.head
    with CosmosChain(database=LevelDatabase(tmp_path / "db")) as chain:
        assert chain.head == head
        assert chain.config.release == "wasmd-0.60.8"
        chain.contract(contract.address).execute(response())
        chain.revert(head.height)
        assert chain.head == head
    with pytest.raises(InvalidChainArgument, match=r"of wasmd-0\.60\.8, not of"):
        CosmosChain("wasmd-0.70.3", database=LevelDatabase(tmp_path / "db"))


def test_another_kind_of_chain_is_left_alone() -> None:
    database = MemoryDatabase()
    database.write_batch({b"b1": b"block"})
    with pytest.raises(InvalidChainArgument, match="another chain"):
        CosmosChain(database=database)
    assert list(database.iterate(b"")) == [(b"b1", b"block")]


def test_time_is_logical() -> None:
    chain = CosmosChain(first_time=10**18)
    chain.account("a")
    chain.pass_time(60)
    chain.account("b")
    assert chain.head.time == 10**18 + (5 + 65) * 10**9
    with pytest.raises(InvalidChainArgument):
        chain.pass_time(-1)


def test_the_root_is_that_of_the_entries_alone() -> None:
    first, second = CosmosChain(), CosmosChain()
    first.account("a", "5stake")
    first.account("a", "5stake")
    second.account("a", "10stake")
    assert first.head.root == second.head.root
    assert first.head.height != second.head.height
