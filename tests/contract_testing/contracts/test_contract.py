"""Contract objects: calls, transactions, overloads, events."""

from typing import Any

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from contract_testing import (
    Address,
    AmbiguousCall,
    ArgumentsMismatch,
    Contract,
    NotAvailable,
    NotPayable,
    RawLog,
    ether,
)
from tests.helpers.vault_contract import ALICE, BOB, topic, word

# Calls and transactions


def test_a_view_gives_its_value_and_changes_nothing(vault: Any) -> None:
    before = vault.chain.head.hash
    assert vault["f(uint8)"](5) == 8
    assert vault.both() == (1, True)
    assert vault.both().b is True
    position = vault.position(ALICE)
    assert repr(position) == (
        "Position(amount=7, owner=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266)"
    )
    assert vault.chain.head.hash == before


def test_a_transaction_gives_its_receipt(vault: Any) -> None:
    receipt = vault.deposit(value="1.5 ether")
    assert receipt.return_value == 5
    assert receipt.succeeded
    assert receipt.block_number == 2
    assert receipt.contract is vault
    assert receipt.gas.tx == receipt.gas_used
    assert vault.chain.balance(vault.address) == ether("1.5")


def test_the_other_way_is_there_too(vault: Any) -> None:
    assert vault.deposit.call(value=5) == 5
    assert vault.chain.balance(vault.address) == 0
    assert vault.both.transact().return_value == (1, True)
    assert vault.chain.head.header.number == 2


def test_what_a_call_is_made_of(vault: Any) -> None:
    data = vault.withdraw.encode(9)
    assert data == parse_function("withdraw(uint64)").encode([9])
    assert vault.withdraw.encode(amount=9) == data
    assert vault.withdraw.decode(data) == (9,)
    assert vault.withdraw.decode(b"\0" * 36) is None
    assert vault.withdraw.selector == data[:4]
    assert vault.withdraw.signature == "withdraw(uint64)"
    explained = vault.both.explain()
    assert vault.both.estimate() == explained.gas_used


def test_senders_are_accounts_addresses_and_defaults(vault: Any) -> None:
    bob = vault.chain.accounts[1]
    for sender in (bob, BOB, "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"):
        assert vault.deposit(sender=sender).sender == BOB
    as_bob = vault.using(sender=bob)
    assert as_bob.deposit().sender == BOB
    assert as_bob.deposit(sender=ALICE).sender == ALICE
    with pytest.raises(NotAvailable, match="no key for 0x1111"):
        vault.deposit(sender=b"\x11" * 20)


def test_gas_price_and_nonce_can_be_chosen(vault: Any) -> None:
    receipt = vault.deposit(gas_price=7, gas_limit=100_000)
    assert receipt.gas_price == 7
    assert vault.chain.transaction(receipt.transaction_hash).gas_limit == 100_000
    nonce = vault.chain.nonce(ALICE)
    receipt = vault.deposit(nonce=nonce)
    assert vault.chain.transaction(receipt.transaction_hash).nonce == nonce


# Overloads and arguments


def test_an_overload_is_never_guessed(vault: Any) -> None:
    with pytest.raises(AmbiguousCall) as raised:
        vault.f(5)
    assert str(raised.value) == (
        'f(5) fits f(uint8) and f(uint256); write contract["f(uint8)"](5)'
    )
    assert vault.f(256) == 256
    assert vault.f["uint8"](5) == 8
    assert vault["f( uint256 )"](5) == 256


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            (2**64,),
            "argument amount of withdraw(uint64): 18446744073709551616 does not fit"
            " uint64 (0 ... 18446744073709551615)",
        ),
        ((-1,), "-1 does not fit uint64"),
        ((1.5,), "1.5 is a float; write wei or ether('1.5')"),
        ((True,), "True is no uint64"),
        (("9",), "'9' is no uint64"),
        ((), "withdraw(uint64): 1 arguments needed, 0 given"),
        ((1, 2), "withdraw(uint64): 1 arguments needed, 2 given"),
    ],
)
def test_a_misfit_names_the_argument(
    vault: Any, arguments: tuple[Any, ...], text: str
) -> None:
    before = vault.chain.head.hash
    with pytest.raises(ArgumentsMismatch) as raised:
        vault.withdraw(*arguments)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)
    assert vault.chain.head.hash == before


def test_the_edges_of_a_type_fit(vault: Any) -> None:
    assert len(vault.withdraw.encode(2**64 - 1)) == 36
    assert len(vault.withdraw.encode(0)) == 36


def test_each_overload_says_why_it_does_not_fit(vault: Any) -> None:
    with pytest.raises(ArgumentsMismatch) as raised:
        vault.f("x")
    assert str(raised.value).splitlines() == [
        "Vault.f('x') fits none of:",
        "  argument x of f(uint8): 'x' is no uint8",
        "  argument x of f(uint256): 'x' is no uint256",
    ]


def test_addresses_are_taken_in_every_form_but_with_a_wrong_checksum(
    vault: Any,
) -> None:
    text = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    forms = [ALICE, text, text.lower(), vault.chain.accounts[0], Address(ALICE)]
    assert len({vault.position.encode(form) for form in forms}) == 1
    assert vault.position.encode("Vault")[16:] == vault.address
    for wrong in (text.swapcase().replace("0X", "0x"), "0x12", b"\0" * 19, 5, "nobody"):
        with pytest.raises(ArgumentsMismatch):
            vault.position.encode(wrong)


def test_ether_for_a_function_that_takes_none_is_not_sent(vault: Any) -> None:
    before = vault.chain.head.hash
    with pytest.raises(NotPayable, match="takes no ether, value is 5 wei"):
        vault.withdraw(9, value=5)
    assert vault.chain.head.hash == before


def test_a_parameter_with_an_options_name_is_given_in_args(vault: Any) -> None:
    by_place = vault.pay.encode(BOB, 5)
    assert vault.pay.encode(args={"to": BOB, "value": 5}) == by_place
    assert vault.pay.encode(to=BOB, args={"value": 5}) == by_place
    with pytest.raises(ArgumentsMismatch):
        vault.pay(to=BOB, value=5)


# Names


def test_own_attributes_stay_and_the_abis_are_under_functions(vault: Any) -> None:
    assert (
        vault.address
        == vault.chain.receipt(vault.chain.head.transactions[0].hash).contract_address
    )
    assert vault.functions.address() == 3
    assert vault.functions["_hidden"]() == 4
    with pytest.raises(AttributeError):
        _ = vault._hidden


def test_an_unknown_name_suggests_the_nearest(vault: Any) -> None:
    with pytest.raises(AttributeError, match="Vault has no 'withdrw': did you mean"):
        vault.withdrw(1)
    with pytest.raises(AttributeError, match="errors of Vault has no 'TooMuch'"):
        _ = vault.errors.TooMuch
    assert "withdraw" in dir(vault)
    assert "_hidden" not in dir(vault)


def test_how_they_look(vault: Any) -> None:
    assert repr(vault) == (
        f"<Vault {vault.address} on chain 31337: 15 functions, 2 events, 1 error>"
    )
    assert repr(vault.deposit) == (
        "<Vault.deposit() payable -> uint64 amount, selector 0xd0e30db0>"
    )
    lines = repr(vault.deposit()).splitlines()
    assert lines[0].startswith("<Receipt 0x")
    assert lines[0].endswith(" block 2 success, gas 27,592, returned 5")
    assert lines[1] == "  Deposited(who=accounts[0], amount=5)"


# Events


def test_events_are_compared_by_contract_event_and_arguments(vault: Any) -> None:
    events = vault.deposit().events
    deposited = vault.events.Deposited
    assert deposited(who=ALICE, amount=5) in events
    assert deposited(vault.chain.accounts[0], 5) in events
    assert deposited(who=ALICE, amount=6) not in events
    assert deposited(who=BOB, amount=5) not in events
    assert deposited.match(amount=5) in events
    assert deposited.match(amount=6) not in events
    (only,) = events.of(deposited)
    assert (only.who, only.amount, only.log_index) == (ALICE, 5, 0)
    assert (only.event, only.address) == ("Deposited", vault.address)
    assert vault.deposit().events[0] == only
    with pytest.raises(TypeError, match="takes who, amount"):
        deposited(who=ALICE)
    with pytest.raises(TypeError, match="takes who, amount"):
        deposited.match(whom=ALICE)


def test_an_indexed_text_is_a_hash_that_equals_it(vault: Any) -> None:
    named = vault.deposit().events[1]
    assert named.name == "bob"
    assert named.name == topic("bob")
    assert named.name != "alice"
    assert vault.events.Named(name="bob") == named


def test_a_log_that_the_abi_does_not_read_is_raw(vault: Any) -> None:
    unknown, misshapen = vault.deposit().events[2:]
    assert isinstance(unknown, RawLog)
    assert (unknown.topics, unknown.data, unknown.problem) == ((word(9),), b"x", "")
    assert isinstance(misshapen, RawLog)
    assert misshapen.problem == "it is no Deposited(address,uint64)"
    other = Contract(
        vault.address, "interface Other { function f() external; }", vault.chain
    )
    assert all(isinstance(event, RawLog) for event in other.logs())


def test_logs_are_found_by_event_and_arguments(vault: Any) -> None:
    vault.deposit()
    vault.deposit()
    assert len(list(vault.logs())) == 8
    assert len(list(vault.logs(vault.events.Deposited))) == 2
    assert len(list(vault.logs(vault.events.Deposited, amount=6))) == 0
    assert len(list(vault.logs(vault.events.Deposited, from_block=3))) == 1
    assert len(list(vault.logs(limit=3))) == 3
