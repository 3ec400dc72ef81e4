"""Blocks of the pool: order by fees and by arrival, what fits, what is invalid."""

import pytest

from chain_sim import Blockchain
from chain_sim.ethereum.blocks.history_errors import TimeNotAfterHead
from chain_sim.ethereum.pool.block_filling import PoolOrder
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from tests.chain_sim.ethereum.pool.test_transaction_pool import GWEI, TO, transfer


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(fees="eip1559")


def senders(chain: Blockchain) -> list[tuple[int, int]]:
    """Account and nonce of the head's transactions."""
    numbers = {account.address: at for at, account in enumerate(chain.accounts)}
    return [
        (numbers[receipt.sender], tx.nonce)
        for receipt, tx in zip(
            chain.reader.receipts(chain.head), chain.head.transactions, strict=True
        )
    ]


def fill(chain: Blockchain) -> None:
    """Three senders; the caps' order is not the tips'."""
    for who, nonce, cap, tip in (
        (0, 1, 5, 4),
        (0, 0, 5, 1),
        (1, 0, 3, 2),
        (2, 0, 9, 2),
        (3, 0, 2, 2),
    ):
        chain.pool.add(
            transfer(
                chain,
                nonce,
                who,
                gas_price=cap * GWEI,
                max_priority_fee_per_gas=tip * GWEI,
            )
        )


def test_the_highest_tip_comes_first_and_of_equals_the_first_to_arrive(
    chain: Blockchain,
) -> None:
    chain.next_block.set_base_fee(GWEI)
    fill(chain)
    built = chain.pool.mine()
    # Effective tips: 2, 2, 1 (its cap is 2), then account 0's 1 and 4.
    assert senders(chain) == [(1, 0), (2, 0), (0, 0), (0, 1), (3, 0)]
    assert chain.head == built.block
    assert len(chain.pool) == 0


def test_fifo_is_the_order_of_arrival(chain: Blockchain) -> None:
    chain.next_block.set_base_fee(GWEI)
    chain.pool.order = PoolOrder.FIFO
    fill(chain)
    chain.pool.mine()
    assert senders(chain) == [(0, 0), (0, 1), (1, 0), (2, 0), (3, 0)]
    assert PoolOrder("fifo") is PoolOrder.FIFO


def test_what_does_not_fit_waits_and_smaller_ones_follow(chain: Blockchain) -> None:
    chain.next_block.set_gas_limit(63_000)
    chain.pool.add(transfer(chain, 0, 0, gas_limit=42_001))
    big = chain.pool.add(transfer(chain, 0, 1, gas_limit=42_001))
    chain.pool.add(transfer(chain, 1, 1, gas_limit=21_000))
    chain.pool.add(transfer(chain, 0, 2, gas_limit=21_000))
    chain.pool.add(transfer(chain, 0, 3, gas_limit=21_000))
    chain.pool.mine()
    # Account 0 uses 21,000 of its limit; account 1's limit no longer fits.
    assert senders(chain) == [(0, 0), (2, 0), (3, 0)]
    assert chain.head.header.gas_used == 63_000
    assert chain.pool.get(big.hash) == big
    chain.pool.mine()
    assert senders(chain) == [(1, 0), (1, 1)]


def test_the_last_gas_of_the_block_is_used(chain: Blockchain) -> None:
    chain.next_block.set_gas_limit(42_000)
    for nonce in range(3):
        chain.pool.add(transfer(chain, nonce))
    chain.pool.mine()
    assert chain.head.header.gas_used == 42_000
    chain.pool.mine()
    assert senders(chain) == [(0, 2)]


def test_what_became_invalid_is_dropped_and_its_successors_are_queued(
    chain: Blockchain,
) -> None:
    for nonce in range(3):
        chain.pool.add(transfer(chain, nonce, value=10**18))
    later = list(chain.pool)[2]
    chain.edits.set_balance(chain.accounts[0], 10**18 + 21_000 * 6 * GWEI)
    chain.pool.add(transfer(chain, 0, 1))
    chain.pool.mine()
    assert senders(chain) == [(0, 0), (1, 0)]
    assert chain.pool.queued() == (later,)
    assert chain.pool.executable() == ()
    assert chain.pool.mine().block.transactions == ()


def test_what_pays_less_than_the_base_fee_waits_until_it_falls(
    chain: Blockchain,
) -> None:
    waiting = chain.pool.add(transfer(chain, gas_price=GWEI))
    chain.next_block.set_base_fee(GWEI + 1)
    chain.pool.mine()
    assert chain.head.transactions == ()
    assert chain.pool.executable() == ((waiting,),)
    chain.pool.mine()
    assert chain.head.transactions == (waiting.tx,)


def test_the_block_that_closes_a_gap_has_what_waited(chain: Blockchain) -> None:
    chain.pool.add(transfer(chain, 1))
    chain.pool.add(transfer(chain, 2))
    assert chain.pool.mine().block.transactions == ()
    chain.pool.add(transfer(chain, 0))
    chain.pool.mine()
    assert senders(chain) == [(0, 0), (0, 1), (0, 2)]


def test_the_pending_block_is_the_one_that_mining_makes(chain: Blockchain) -> None:
    chain.edits.set_balance(TO, 5)
    for nonce in range(2):
        chain.pool.add(transfer(chain, nonce))
    pending = chain.pool.pending_block()
    assert chain.head.header.number == 0
    assert len(chain.pool) == 2
    state = pending.open_state(WorldState)
    assert state.get_balance(TO) == 7
    assert state.get_nonce(chain.accounts[0].address) == 2
    assert chain.balance(TO) == 5
    assert chain.pool.mine().block == pending.built.block
    assert chain.balance(TO) == 7


def test_a_pending_block_of_an_empty_pool_is_an_empty_block(chain: Blockchain) -> None:
    pending = chain.pool.pending_block()
    assert pending.built.block == chain.mine()
    assert pending.open_state(WorldState).get_balance(Address(bytes(20))) == 0


def test_a_pool_block_has_the_time_that_is_given(chain: Blockchain) -> None:
    chain.pool.add(transfer(chain, 0))
    start = chain.head.header.timestamp
    with pytest.raises(TimeNotAfterHead):
        chain.pool.mine(start)
    assert len(chain.pool) == 1
    assert chain.pool.mine(start + 9).block.header.timestamp == start + 9


def test_the_same_transactions_give_the_same_block() -> None:
    hashes = []
    for _ in range(2):
        chain = Blockchain.in_memory(fees="eip1559")
        fill(chain)
        hashes.append(chain.pool.mine().block.hash)
    assert hashes[0] == hashes[1]
