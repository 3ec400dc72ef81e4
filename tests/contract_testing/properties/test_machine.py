"""A machine's parts, and its steps one at a time."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import InvalidText
from contract_testing.properties import (
    CallFailed,
    ContractMachine,
    GasBoundExceeded,
    UnexpectedRevert,
    UnexpectedSuccess,
    gas_at_most,
    rule,
)
from contract_testing.properties.failures import DeploymentFailed, NoContract
from tests.helpers.examples import EXAMPLES, example

SCHEDULE = "ewasm-metered"
TOKEN_ABI = (EXAMPLES / "token" / "token.json").read_bytes()
TOKEN_INIT = EXAMPLES / "token" / "token_init.wasm"
SUPPLY = 10**24


class TokenMachine(ContractMachine):
    contract = TOKEN_INIT
    is_init_code = True
    abi = TOKEN_ABI
    schedule = SCHEDULE


def rules_of(machine: type[ContractMachine]) -> dict[str, list[str]]:
    """The names of rules with those of their arguments."""
    return {
        made.function.__name__: sorted(made.arguments)
        for made in machine.setup_state().rules
    }


def entry(name: str, *params: str, mutability: str = "nonpayable") -> dict[str, Any]:
    inputs = [{"name": name, "type": "uint8"} for name in params]
    return {
        "type": "function",
        "name": name,
        "stateMutability": mutability,
        "inputs": inputs,
        "outputs": [],
    }


def machine_of(*entries: dict[str, Any], **attributes: Any) -> type[ContractMachine]:
    content = json.dumps(entries).encode()
    return type("Made", (ContractMachine,), {"abi": content, **attributes})


def test_there_is_a_rule_for_each_function_that_may_change_state() -> None:
    assert rules_of(TokenMachine) == {
        "transfer": ["amount", "sender", "to"],
        "approve": ["amount", "sender", "spender"],
        "transferFrom": ["amount", "from_", "sender", "to"],
    }


def test_payable_functions_get_ether_and_a_clock_gets_a_rule() -> None:
    machine = machine_of(
        entry("pay", mutability="payable"),
        entry("look", mutability="pure"),
        entry("keep"),
        max_seconds=100,
    )
    assert rules_of(machine) == {
        "pay": ["sender", "value"],
        "keep": ["sender"],
        "wait": ["seconds"],
    }


def test_names_that_are_taken_get_another_one() -> None:
    machine = machine_of(
        entry("call", "sender"), entry("import", ""), entry("send", "value", "self")
    )
    assert rules_of(machine) == {
        "call_": ["sender", "sender_"],
        "import_": ["arg0", "sender"],
        "send_": ["self_", "sender", "value_"],
    }


def test_overloaded_functions_have_rules_by_their_types() -> None:
    other = entry("put", "a", "b")
    other["inputs"][0]["type"] = "address[2]"
    machine = machine_of(entry("put", "a"), other)
    assert rules_of(machine) == {
        "put_uint8": ["a", "sender"],
        "put_address_2__uint8": ["a", "b", "sender"],
    }


def test_a_class_leaves_out_replaces_and_inherits() -> None:
    class Base(TokenMachine):
        @rule(amount=st.just(1))
        def transfer(self, amount: int) -> None:
            """Another rule than the ABI's."""

    class Derived(Base):
        left_out = ("approve",)

    assert rules_of(Base)["transfer"] == ["amount"]
    assert rules_of(Derived) == {
        "transfer": ["amount"],
        "transferFrom": ["amount", "from_", "sender", "to"],
    }


def test_strategies_of_parameters_can_be_given() -> None:
    five = st.just(5)
    machine = machine_of(entry("put", "a", "b"), strategies={"put": {"a": five}})
    (made,) = machine.setup_state().rules
    assert made.arguments["a"] is five


def test_sending_gives_values_events_and_gas() -> None:
    state = TokenMachine()
    sent = state.send("transfer", state.accounts[1], 5)
    assert sent.succeeded
    assert sent.value is True
    assert sent.call == "transfer(accounts[1], 5)"
    (event,) = sent.events
    assert event.name == "Transfer"
    assert event.values == {
        "from": state.accounts[0],
        "to": state.accounts[1],
        "amount": 5,
    }
    assert state.call("balanceOf", state.accounts[1]) == 5
    assert state.gas_spent == sent.gas_used


def test_gas_of_is_what_the_transaction_takes() -> None:
    state = TokenMachine()
    expected = state.gas_of("transfer", state.accounts[1], 5)
    assert state.send("transfer", state.accounts[1], 5).gas_used == expected


def test_each_example_begins_with_what_was_set_up() -> None:
    first = TokenMachine()
    root = first.chain.head.hash
    first.send("transfer", first.accounts[1], 5)
    first.wait_for(1_000)
    second = TokenMachine()
    assert second.chain.head.hash == root
    assert second.call("balanceOf", second.accounts[1]) == 0


def test_a_machine_does_what_the_local_chain_does() -> None:
    """The same transactions on another chain give the same blocks."""
    state = TokenMachine()
    state.send("transfer", state.accounts[1], 5)
    chain = Blockchain.in_memory(default_genesis(SCHEDULE))
    token = chain.deploy(example("token/token_init.wasm"), is_init_code=True)
    assert token.contract_address == state.address
    data = bytes.fromhex("a9059cbb") + bytes(12) + state.accounts[1] + bytes(31) + b"\5"
    chain.send(token.contract_address, data)
    assert chain.head.hash == state.chain.head.hash


def test_time_passes_by_an_empty_block() -> None:
    state = TokenMachine()
    before = state.chain.head.header
    state.wait_for(3_600)
    after = state.chain.head.header
    assert after.timestamp == before.timestamp + 3_600
    assert after.number == before.number + 1
    state.send("transfer", state.accounts[1], 0)
    assert state.chain.head.header.timestamp == after.timestamp + 1


def test_what_is_expected_of_a_transaction_is_checked() -> None:
    state = TokenMachine()
    poor = {"sender": 1}
    assert state.send("transfer", state.accounts[2], 1, **poor).is_reverted
    assert state.send("transfer", state.accounts[2], 1, **poor, expect="revert").reason
    with pytest.raises(UnexpectedRevert) as caught:
        state.send("transfer", state.accounts[2], 1, **poor, expect="success")
    assert caught.value.reason == "balance too low"
    with pytest.raises(UnexpectedSuccess):
        state.send("transfer", state.accounts[2], 1, expect="revert")
    assert state.send("transfer", state.accounts[2], 1, expect="any").succeeded


def test_a_call_that_reverts_is_no_answer() -> None:
    state = TokenMachine()
    with pytest.raises(CallFailed) as caught:
        state.call("transfer", state.accounts[2], 1, sender=1)
    assert caught.value.reason == "balance too low"
    with pytest.raises(CallFailed):
        state.gas_of("transfer", state.accounts[2], 1, sender=1)


def test_output_of_another_form_is_no_answer() -> None:
    wrong = TOKEN_ABI.replace(b'"uint8"', b'"string"')
    state = type("Wrong", (TokenMachine,), {"abi": wrong})()
    with pytest.raises(CallFailed) as caught:
        state.call("decimals")
    assert caught.value.reason.startswith("output 0x00")
    assert caught.value.reason.endswith(" is no (string)")


@pytest.mark.parametrize(("spare", "is_exceeded"), [(0, False), (-1, True)])
def test_gas_of_a_block_of_code_is_bounded(spare: int, is_exceeded: bool) -> None:
    state = TokenMachine()
    gas = state.gas_of("transfer", state.accounts[1], 5)
    if not is_exceeded:
        with state.gas_at_most(gas + spare):
            state.send("transfer", state.accounts[1], 5)
        return
    with pytest.raises(GasBoundExceeded) as caught, state.gas_at_most(gas + spare):
        state.send("transfer", state.accounts[1], 5)
    assert (caught.value.gas_used, caught.value.bound) == (gas, gas - 1)


def test_gas_of_a_rule_is_bounded_by_its_arguments() -> None:
    class Machine(TokenMachine):
        @rule(n=st.integers(0, 3), extra=st.integers(0, 1))
        @gas_at_most(lambda n: 70_000 * n)
        def pay(self, n: int, extra: int) -> None:
            for _ in range(n + extra):
                self.send("transfer", self.accounts[1], 5)

    state = Machine()
    pay = inspect.unwrap(Machine.pay)
    assert pay.__name__ == "pay"
    Machine.pay(state, n=2, extra=0)
    with pytest.raises(GasBoundExceeded) as caught:
        Machine.pay(state, n=0, extra=1)
    assert str(caught.value).startswith("pay(n=0, extra=1) takes ")
    assert caught.value.bound == 0


def test_bounds_by_function_may_use_its_arguments() -> None:
    class Machine(TokenMachine):
        gas_bounds = {"transfer(address,uint256)": lambda amount: 70_000 - amount}

    state = Machine()
    state.send("transfer", state.accounts[1], 5)
    with pytest.raises(GasBoundExceeded) as caught:
        state.send("transfer", state.accounts[1], 60_000)
    assert caught.value.bound == 10_000


def test_other_contracts_are_deployed_and_called() -> None:
    state = TokenMachine()
    other = state.deploy(TOKEN_INIT, TOKEN_ABI, sender=3, is_init_code=True)
    assert state.call("balanceOf", state.accounts[3], to=other) == SUPPLY
    state.send("transfer", state.address, 7, to=other, sender=3)
    assert state.call("balanceOf", state.address, to=other) == 7
    with pytest.raises(DeploymentFailed):
        state.deploy(example("token/token.wasm"), TOKEN_ABI, is_init_code=True)


def test_a_machine_without_a_contract_says_so() -> None:
    class Nothing(ContractMachine):
        @rule()
        def do(self) -> None: ...

    with pytest.raises(NoContract) as caught:
        Nothing()
    assert caught.value.machine == "Nothing"


def test_paths_are_relative_to_the_file_of_the_class() -> None:
    class Here(ContractMachine):
        contract = "contracts/vault.wat"
        abi = Path("contracts/vault.json")
        schedule = SCHEDULE

    assert Here().call("depositOf", bytes(20)) == bytes(32)


def test_balances_are_in_wei() -> None:
    state = TokenMachine()
    assert state.balance(state.address) == 0
    assert state.balance(state.accounts[1]) == 10_000 * 10**18


def test_senders_are_given_in_any_form_of_an_address() -> None:
    state = TokenMachine()
    account = state.chain.accounts[2]
    checksummed = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    forms = (2, account, account.address, checksummed, checksummed.lower())
    for sender in forms:
        sent = state.send("approve", account.address, 7, sender=sender)
        assert (repr(sent.sender), sent.receipt.sender) == (
            "accounts[2]",
            account.address,
        )
        assert state.call("balanceOf", account.address, sender=sender) == 0
        assert state.balance(account) == state.balance(checksummed)
    other = state.deploy(TOKEN_INIT, TOKEN_ABI, sender=checksummed, is_init_code=True)
    assert state.call("balanceOf", account.address, to=other) == SUPPLY
    state.call("balanceOf", account.address, sender="0x" + "77" * 20)
    assert "sender=bytes.fromhex('" + "77" * 20 + "')" in state.script()
    compile(state.script(), "script", "exec")


@pytest.mark.parametrize(
    "sender", [10, -1, True, None, 1.5, b"x", bytes(20), "0x" + "77" * 20]
)
def test_a_sender_must_be_a_developer_account(sender: Any) -> None:
    state = TokenMachine()
    before = state.chain.head
    for action in (
        lambda: state.send("approve", state.address, 1, sender=sender),
        lambda: state.deploy(TOKEN_INIT, TOKEN_ABI, sender=sender),
    ):
        with pytest.raises(TypeError, match=r"^sender must be an? (dev|addr)"):
            action()
    assert state.chain.head == before


@pytest.mark.parametrize("text", ["", "0x77", "alice", "0x" + "77" * 19 + "zz"])
def test_a_text_that_is_no_address_says_so(text: str) -> None:
    state = TokenMachine()
    with pytest.raises(InvalidText):
        state.send("approve", state.address, 1, sender=text)
    with pytest.raises(InvalidText):
        state.balance(text)
