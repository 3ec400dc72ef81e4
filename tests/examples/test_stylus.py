"""examples/stylus: the same contracts in C on Stylus, and the token on ewasm."""

from collections.abc import Iterator

import pytest

from chain_sim import Blockchain
from contract_testing import Contract
from contract_testing.contracts.failures import ContractFailure, RevertedWithReason
from tests.helpers.examples import EXAMPLES
from tests.helpers.programs_of_stylus import deployed

FOLDER = EXAMPLES / "stylus"
SUPPLY = 10**24


@pytest.fixture
def stylus() -> Iterator[Blockchain]:
    with Blockchain.in_memory(fork="arbitrum", cross_check=True) as chain:
        yield chain


@pytest.fixture(params=["stylus", "ewasm"])
def token(request: pytest.FixtureRequest) -> Iterator[Contract]:
    """The token, with its supply at accounts[0]."""
    forks = {"stylus": "arbitrum", "ewasm": "byzantium"}
    names = {"stylus": "erc20.wasm", "ewasm": "erc20_ewasm.wasm"}
    fork, name = forks[request.param], names[request.param]
    with Blockchain.in_memory(fork=fork, cross_check=True) as chain:
        made = deployed(chain, FOLDER / name, abi=FOLDER / "erc20.json")
        made.initialize(SUPPLY)
        yield made


@pytest.fixture
def counter(stylus: Blockchain) -> Contract:
    return deployed(stylus, FOLDER / "counter.wasm", abi=FOLDER / "counter.json")


def test_counter_counts_and_logs(counter: Contract) -> None:
    alice = counter.chain.accounts[0]
    assert counter.number() == 0
    receipt = counter.increment()
    assert counter.events.NumberSet(alice, 1) in receipt.events
    counter.setNumber(254)
    assert [counter.increment() and counter.number() for _ in range(3)] == [
        255,
        256,
        257,
    ]


def test_only_the_last_writer_sets_the_counter(counter: Contract) -> None:
    alice, bob = counter.chain.accounts[:2]
    counter.increment(sender=bob)
    with pytest.raises(counter.errors.NotTheWriter) as failed:
        counter.setNumber(7)
    assert failed.value.writer == bob.address
    counter.setNumber(7, sender=bob)
    assert counter.number() == 7
    assert alice.address != bob.address


def test_a_full_counter_stays(counter: Contract) -> None:
    counter.increment()
    counter.setNumber(2**64 - 1)
    with pytest.raises(RevertedWithReason) as failed:
        counter.increment()
    assert failed.value.reason == "the counter is full"
    assert counter.number() == 2**64 - 1


def test_token_describes_itself(token: Contract) -> None:
    described = (token.name(), token.symbol(), token.decimals(), token.totalSupply())
    assert described == ("Example Token", "EXT", 18, SUPPLY)


def test_the_first_caller_has_the_supply_and_there_is_no_second(
    token: Contract,
) -> None:
    alice, bob = token.chain.accounts[:2]
    with pytest.raises(token.errors.InvalidInitialization):
        token.initialize(1, sender=bob)
    assert token.balanceOf(alice) == SUPPLY
    assert token.balanceOf(bob) == 0


def test_transfer_moves_the_amount_and_logs_it(token: Contract) -> None:
    alice, bob = token.chain.accounts[:2]
    receipt = token.transfer(bob, 5)
    assert receipt.return_value is True
    assert receipt.events == (token.events.Transfer(alice, bob, 5),)
    assert token.balanceOf(alice) == SUPPLY - 5
    assert token.balanceOf(bob) == 5


def test_transfer_to_oneself_changes_nothing(token: Contract) -> None:
    alice = token.chain.accounts[0]
    token.transfer(alice, SUPPLY)
    assert token.balanceOf(alice) == SUPPLY


def test_transfer_of_all_and_of_one_more(token: Contract) -> None:
    alice, bob = token.chain.accounts[:2]
    with pytest.raises(token.errors.ERC20InsufficientBalance) as failed:
        token.transfer(bob, SUPPLY + 1)
    assert (failed.value.balance, failed.value.needed) == (SUPPLY, SUPPLY + 1)
    token.transfer(bob, SUPPLY)
    assert token.balanceOf(alice) == 0


def test_allowances_are_spent(token: Contract) -> None:
    alice, bob, carol = token.chain.accounts[:3]
    receipt = token.approve(bob, 10)
    assert receipt.events == (token.events.Approval(alice, bob, 10),)
    token.transferFrom(alice, carol, 7, sender=bob)
    assert token.allowance(alice, bob) == 3
    assert token.allowance(bob, alice) == 0
    with pytest.raises(token.errors.ERC20InsufficientAllowance) as failed:
        token.transferFrom(alice, carol, 4, sender=bob)
    assert (failed.value.allowance, failed.value.needed) == (3, 4)
    assert token.balanceOf(carol) == 7


def test_ether_is_refused(token: Contract) -> None:
    data = token.transfer.encode(token.chain.accounts[1], 5)
    assert token.chain.call(token.address, data).succeeded
    assert not token.chain.call(token.address, data, value=1).succeeded


@pytest.mark.parametrize("data", ["", "00", "a9059c", "a9059cbb", "00000000"])
def test_other_call_data_reverts_without_data(token: Contract, data: str) -> None:
    result = token.chain.call(token.address, bytes.fromhex(data))
    assert (result.succeeded, result.output, result.error) == (False, b"", None)


def test_a_failure_keeps_the_state(token: Contract) -> None:
    root = token.chain.head.header.state_root
    bob = token.chain.accounts[1]
    assert not token.chain.call(token.address, b"\xff" * 4).succeeded
    with pytest.raises(ContractFailure):
        token.transferFrom.call(bob, bob, 1)
    assert token.chain.head.header.state_root == root
