"""The logical clock: it can be set, it advances, it never goes back."""

from pathlib import Path

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.blocks.block import decode_block, encode_block
from chain_sim.ethereum.blocks.history_errors import TimeNotAfterHead, TimeTooLate
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.head import EMPTY_BLOCKS_PER_BATCH
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from tests.helpers.stored_values import GENESIS, STRANGER, TELL, deployed

START = GENESIS.timestamp
LATEST = 2**64 - 1


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(GENESIS)


def times(chain: Blockchain) -> list[int]:
    """The timestamps of all blocks, in seconds after the first."""
    found = [block.header.timestamp - START for block in chain.history.blocks()]
    return found[::-1]


def test_a_time_is_the_next_blocks_and_later_ones_go_on(chain: Blockchain) -> None:
    assert chain.clock.next_time == START + 1
    chain.clock.set(START + 100)
    assert (chain.clock.next_time, chain.clock.is_set) == (START + 100, True)
    chain.mine()
    assert (chain.clock.next_time, chain.clock.is_set) == (START + 101, False)
    chain.send(STRANGER, value=1)
    assert times(chain) == [0, 100, 101]


def test_increases_add_up_until_the_next_block(chain: Blockchain) -> None:
    assert chain.clock.advance(10) == START + 11
    assert chain.clock.advance(5) == START + 16
    chain.mine()
    chain.mine()
    assert times(chain) == [0, 16, 17]


def test_the_last_time_that_was_set_counts(chain: Blockchain) -> None:
    chain.clock.set(START + 50)
    chain.clock.set(START + 20)
    chain.clock.advance(-5)
    chain.mine()
    assert times(chain) == [0, 15]


@pytest.mark.parametrize("offset", [0, -1, -START])
def test_time_does_not_go_back(chain: Blockchain, offset: int) -> None:
    chain.clock.set(START + 7)
    with pytest.raises(TimeNotAfterHead) as caught:
        chain.clock.set(START + offset)
    assert caught.value.head_time == START
    assert caught.value.wanted_time == START + offset
    with pytest.raises(TimeNotAfterHead):
        chain.clock.advance(offset - 7)
    assert chain.clock.next_time == START + 7


def test_time_ends_where_a_header_does(chain: Blockchain) -> None:
    with pytest.raises(TimeTooLate) as caught:
        chain.clock.set(LATEST + 1)
    assert (caught.value.wanted_time, caught.value.latest_time) == (LATEST + 1, LATEST)
    chain.clock.set(LATEST - 1)
    chain.mine()
    with pytest.raises(TimeTooLate):
        chain.mine_blocks(2)
    head = chain.mine_blocks(1)
    assert head.header.timestamp == LATEST
    for mine in (chain.mine, lambda: chain.mine_blocks(1)):
        with pytest.raises(TimeTooLate):
            mine()
    assert chain.head == head


def test_a_call_sees_the_time_of_the_next_block(chain: Blockchain) -> None:
    address = deployed(chain, TELL)
    chain.clock.set(START + 1_000)
    output = chain.call(address).output
    assert int.from_bytes(output[:8], "little") == 2
    assert int.from_bytes(output[8:16], "little") == START + 1_000
    assert chain.send(address).output == output


def test_the_time_that_was_set_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path, GENESIS) as chain:
        chain.clock.advance(3600)
    with Blockchain.open(path) as chain:
        assert chain.clock.next_time == START + 3601
        chain.mine()
    with Blockchain.open(path) as chain:
        assert (chain.clock.next_time, chain.clock.is_set) == (START + 3602, False)


def test_moving_the_head_forgets_the_time_that_was_set(chain: Blockchain) -> None:
    mark = chain.snapshot()
    chain.branches.create("left")
    for move in (lambda: chain.revert(mark), lambda: chain.branches.switch("left")):
        chain.clock.set(START + 9)
        move()
        assert (chain.clock.next_time, chain.clock.is_set) == (START + 1, False)
    chain.clock.set(START + 9)
    chain.branches.switch("left")
    assert chain.clock.next_time == START + 9


@pytest.mark.parametrize("count", [0, 1, 2, EMPTY_BLOCKS_PER_BATCH + 1])
def test_many_empty_blocks_are_those_that_are_made_one_by_one(count: int) -> None:
    one, many = Blockchain.in_memory(GENESIS), Blockchain.in_memory(GENESIS)
    for chain in (one, many):
        chain.send(STRANGER, value=1)
        chain.clock.set(START + 10)
    for _ in range(count):
        one.mine()
    assert many.mine_blocks(count) == one.head
    assert list(many.history.blocks()) == list(one.history.blocks())
    assert many.reader.receipts(many.head) == one.reader.receipts(one.head)
    assert many.clock.is_set == (count == 0)


def test_an_interval_lies_between_the_blocks(chain: Blockchain) -> None:
    chain.mine_blocks(2, interval=12)
    chain.clock.set(START + 100)
    chain.mine_blocks(3, interval=5)
    assert times(chain) == [0, 12, 24, 100, 105, 110]


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_that_stands_still_is_refused(
    chain: Blockchain, interval: int
) -> None:
    head = chain.head
    chain.clock.set(START + 100)
    with pytest.raises(TimeNotAfterHead):
        chain.mine_blocks(3, interval=interval)
    assert chain.head == head


def test_blocks_are_on_disk_when_they_are_reported() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database, GENESIS)
    reported = []

    def progress(phase: str, done: int, total: int | None) -> None:
        reported.append((done, total))
        assert Blockchain(database).head.header.number == done

    chain.mine_blocks(2 * EMPTY_BLOCKS_PER_BATCH + 3, progress=progress)
    size = EMPTY_BLOCKS_PER_BATCH
    total = 2 * size + 3
    assert reported == [(size, total), (2 * size, total), (total, total)]
    verdicts = list(BlockChecker(database).check(whole_blocks(database)))
    assert len(verdicts) == total + 1
    assert [one for one in verdicts if one.fault is not None] == []


def test_many_blocks_are_pruned_on_the_way() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database, GENESIS)
    chain.prune(100)
    most = 0

    def progress(phase: str, done: int, total: int | None) -> None:
        nonlocal most
        most = max(most, len(list(whole_blocks(database))))

    chain.mine_blocks(1_050, progress=progress)
    assert most == 200
    assert len(list(whole_blocks(database))) == 150


def test_a_block_of_many_is_encoded_as_any_other(chain: Blockchain) -> None:
    head = chain.mine_blocks(3)
    assert decode_block(encode_block(head)) == head


def test_the_same_script_gives_the_same_hashes() -> None:
    def script() -> bytes:
        chain = Blockchain.in_memory(GENESIS)
        chain.mine_blocks(700, interval=12)
        chain.clock.advance(86_400)
        chain.send(STRANGER, value=1)
        chain.clock.set(2_000_000_000)
        return chain.mine().hash

    assert script() == script()


@pytest.mark.parametrize("is_set", [False, True])
def test_a_block_can_be_mined_at_a_time(chain: Blockchain, is_set: bool) -> None:
    """It replaces the clock's time, which then continues as after any other block."""
    start = chain.head.header.timestamp
    if is_set:
        chain.clock.set(start + 5)
    assert chain.mine(timestamp=start + 1_000).header.timestamp == start + 1_000
    assert not chain.clock.is_set
    assert chain.mine().header.timestamp == start + 1_001


def test_a_block_must_come_after_its_parent(chain: Blockchain) -> None:
    start = chain.head.header.timestamp
    with pytest.raises(TimeNotAfterHead):
        chain.mine(timestamp=start)
    with pytest.raises(TimeTooLate):
        chain.mine(timestamp=2**64)
    assert chain.head.header.number == 0
    assert chain.mine(timestamp=2**64 - 1).header.timestamp == 2**64 - 1
