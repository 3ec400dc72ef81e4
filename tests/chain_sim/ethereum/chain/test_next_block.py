"""Settings for the next block: time and interval, base fee, gas limit, coinbase."""

from pathlib import Path

import pytest

from chain_sim import Blockchain
from chain_sim.ethereum.blocks.history_errors import TimeNotAfterHead, TimeTooLate
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    EditOutOfRange,
    NoFeeMarket,
    UnknownBlock,
    UnknownSnapshot,
)
from chain_sim.ethereum.primitives.text import Address

COINBASE = Address(bytes(19) + b"\xcc")
START = 1_700_000_000
TO = Address(bytes(19) + b"\x77")


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(fees="eip1559")


def test_a_base_fee_set_is_that_of_one_block(chain: Blockchain) -> None:
    chain.next_block.set_base_fee(5)
    assert chain.next_block.base_fee == 5
    receipt = chain.send(TO)
    assert chain.head.header.base_fee_per_gas == 5
    assert receipt.gas_price == 5 + 10**9
    assert chain.next_block.base_fee == 5  # 5 * 7 / 8 loses less than a wei
    chain.next_block.set_base_fee(800)
    chain.mine()
    assert chain.mine().header.base_fee_per_gas == 700
    chain.next_block.set_base_fee(0)
    assert chain.mine_blocks(2).header.base_fee_per_gas == 0


@pytest.mark.parametrize("base_fee", [-1, 2**256])
def test_a_base_fee_has_256_bits(chain: Blockchain, base_fee: int) -> None:
    with pytest.raises(EditOutOfRange):
        chain.next_block.set_base_fee(base_fee)
    for possible in (2**256 - 1, 0):
        chain.next_block.set_base_fee(possible)
        assert chain.next_block.base_fee == possible


def test_a_chain_without_a_fee_market_has_no_base_fee() -> None:
    chain = Blockchain.in_memory()
    assert chain.next_block.base_fee is None
    with pytest.raises(NoFeeMarket):
        chain.next_block.set_base_fee(1)


def test_gas_limit_and_coinbase_stay_from_the_next_block_on(chain: Blockchain) -> None:
    chain.next_block.set_gas_limit(50_000)
    chain.next_block.set_coinbase(COINBASE)
    assert (chain.next_block.gas_limit, chain.next_block.coinbase) == (50_000, COINBASE)
    assert chain.head.header.gas_limit == 30_000_000
    chain.mine_blocks(2)
    for number in (1, 2):
        header = chain.block(number).header
        assert (header.gas_limit, header.coinbase) == (50_000, COINBASE)
    receipt = chain.send(TO, gas_limit=21_000)
    assert chain.balance(COINBASE) == 21_000 * 10**9
    state = chain.reader.stored_block(chain.head).run_again(chain.engine)
    assert state[0].gas_used == receipt.gas_used


@pytest.mark.parametrize("gas_limit", [0, -1, 2**63])
def test_a_gas_limit_is_one_that_the_engine_counts(
    chain: Blockchain, gas_limit: int
) -> None:
    with pytest.raises(EditOutOfRange):
        chain.next_block.set_gas_limit(gas_limit)
    for possible in (1, 2**63 - 1):
        chain.next_block.set_gas_limit(possible)
        assert chain.next_block.gas_limit == possible


def test_what_was_set_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path, fees="eip1559") as chain:
        chain.next_block.set_base_fee(7)
        chain.next_block.set_gas_limit(60_000)
        chain.next_block.set_coinbase(COINBASE)
        chain.clock.set(START + 50)
        chain.clock.set_interval(12)
    with Blockchain.open(path) as chain:
        header = chain.mine().header
        assert (header.base_fee_per_gas, header.gas_limit) == (7, 60_000)
        assert (header.coinbase, header.timestamp) == (COINBASE, START + 50)
        assert chain.clock.interval == 12
    with Blockchain.open(path) as chain:
        assert chain.mine().header.timestamp == START + 62


def test_a_snapshot_remembers_what_was_set(chain: Blockchain) -> None:
    chain.next_block.set_base_fee(11)
    chain.clock.set(START + 30)
    mark = chain.snapshot()
    chain.next_block.set_base_fee(12)
    chain.next_block.set_coinbase(COINBASE)
    chain.mine()
    chain.next_block.set_base_fee(13)
    chain.revert(mark)
    assert chain.next_block.base_fee == 11
    assert chain.clock.next_time == START + 30
    assert chain.next_block.coinbase == Address(bytes(20))
    plain = Blockchain.in_memory(fees="eip1559")
    mark = plain.snapshot()
    plain.next_block.set_base_fee(12)
    plain.revert(mark)
    assert plain.next_block.base_fee == 875_000_000


def test_what_a_snapshot_remembers_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path, fees="eip1559") as chain:
        chain.next_block.set_base_fee(11)
        chain.clock.set(START + 30)
        mark = chain.snapshot()
        chain.next_block.set_coinbase(COINBASE)
        chain.mine()
        chain.next_block.set_gas_limit(70_000)
        chain.revert(mark)
    with Blockchain.open(path) as chain:
        assert chain.next_block.base_fee == 11
        assert chain.clock.next_time == START + 30
        assert chain.next_block.coinbase == Address(bytes(20))
        assert chain.next_block.gas_limit == 30_000_000


def test_forgotten_snapshots_are_unknown_and_their_numbers_are_not_used_again(
    tmp_path: Path,
) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path) as chain:
        marks = [chain.snapshot() for _ in range(3)]
        assert marks == [1, 2, 3]
        chain.revert(2)
        chain.branches.forget_since(2)
        for forgotten in (2, 3):
            with pytest.raises(UnknownSnapshot):
                chain.revert(forgotten)
            with pytest.raises(UnknownSnapshot):
                chain.branches.forget_since(forgotten)
    with Blockchain.open(path) as chain:
        assert chain.snapshot() == 4
        assert chain.revert(1).header.number == 0


def test_a_rollback_goes_back_by_a_number_of_blocks(chain: Blockchain) -> None:
    hashes = [chain.head.hash, *(chain.mine().hash for _ in range(3))]
    chain.clock.set(START + 90)
    assert chain.branches.rollback(2).hash == hashes[1]
    assert chain.head.hash == hashes[1]
    assert chain.clock.next_time == START + 2
    assert chain.branches.rollback(0).hash == hashes[1]
    for count in (2, 10**30):
        with pytest.raises((UnknownBlock, BlockNotKept)):
            chain.branches.rollback(count)
    assert chain.head.hash == hashes[1]


def test_the_interval_is_the_time_between_blocks(chain: Blockchain) -> None:
    chain.clock.set_interval(12)
    assert chain.clock.next_time == START + 12
    chain.mine()
    chain.clock.advance(100)
    assert chain.clock.next_time == START + 124
    chain.mine_blocks(3)
    assert chain.head.header.timestamp == START + 148
    chain.mine_blocks(2, interval=1)
    assert chain.head.header.timestamp == START + 150
    chain.clock.set_interval(None)
    assert chain.clock.interval == 1
    assert chain.mine().header.timestamp == START + 151
    mark = chain.snapshot()
    chain.clock.set_interval(5)
    chain.revert(mark)
    assert chain.clock.interval == 5


@pytest.mark.parametrize(("seconds", "error"), [(0, TypeError), (2**64, TimeTooLate)])
def test_an_interval_is_at_least_a_second(
    chain: Blockchain, seconds: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        chain.clock.set_interval(seconds)
    assert chain.clock.interval == 1


def test_time_never_stands_still(chain: Blockchain) -> None:
    for seconds in (0, -1):
        with pytest.raises(TimeNotAfterHead):
            chain.clock.set(START + seconds)
    chain.clock.set_interval(2**64 - 1)
    with pytest.raises(TimeTooLate):
        chain.mine()
    assert chain.head.header.number == 0


def test_a_transaction_has_the_gas_limit_that_was_set_for_its_block() -> None:
    chain = Blockchain.in_memory()
    chain.next_block.set_gas_limit(20_000_000)
    sent = chain.send(TO)
    assert chain.transaction(sent.transaction_hash).gas_limit == 20_000_000
