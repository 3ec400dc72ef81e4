"""Writers of a slot, compared with the values after each transaction in turn."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.genesis import GenesisAccount
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.blocks.history_errors import HistoryNotKept
from chain_sim.ethereum.blocks.slot_history import SlotWrite
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.text import Hash32
from tests.helpers.stored_values import (
    GENESIS,
    STRANGER,
    deployed,
    store_block,
    word,
)

SHORT = tuple[int, int | None, int, int]


def short(write: SlotWrite | None) -> SHORT | None:
    if write is None:
        return None
    values = (int.from_bytes(value, "big") for value in (write.before, write.after))
    return (write.block_number, write.transaction_index, *values)  # type: ignore[return-value]


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def chain(database: MemoryDatabase) -> Blockchain:
    return Blockchain(database, GENESIS)


def test_the_last_change_with_all_that_is_to_know(chain: Blockchain) -> None:
    address = deployed(chain)
    store_block(chain, address, 5)
    block = store_block(chain, address, 6)
    chain.mine_blocks(3)
    assert chain.history.blame(address, 0) == SlotWrite(
        address=address,
        key=word(0),
        before=word(5),
        after=word(6),
        block_number=3,
        block_hash=block.hash,
        timestamp=block.header.timestamp,
        transaction_index=0,
        transaction_hash=block.transactions[0].hash,
        sender=chain.accounts[0].address,
    )
    assert short(chain.history.blame(address, 0, at=2)) == (2, 0, 0, 5)
    assert chain.history.blame(address, 0, at=1) is None
    assert chain.history.blame(address, 1) is None
    assert chain.history.blame(STRANGER, 0) is None


def test_a_write_of_the_same_value_is_no_change(chain: Blockchain) -> None:
    address = deployed(chain)
    store_block(chain, address, 5)
    store_block(chain, address, 5)
    store_block(chain, address, 5, 5)
    assert short(chain.history.blame(address, 0)) == (2, 0, 0, 5)


def test_a_value_that_came_back_was_written_when_it_came_back(
    chain: Blockchain,
) -> None:
    """Bisection would see equal ends and stop."""
    address = deployed(chain)
    for value in (5, 6, 5):
        store_block(chain, address, value)
        chain.mine_blocks(4)
    found = [short(write) for write in chain.history.slot_writes(address, 0)]
    assert found == [(12, 0, 6, 5), (7, 0, 5, 6), (2, 0, 0, 5)]


def test_one_of_several_transactions_is_found_by_running_the_block_again(
    chain: Blockchain,
) -> None:
    address = deployed(chain)
    store_block(chain, address, 1, 1, 2, 2)
    found = [short(write) for write in chain.history.slot_writes(address, 0)]
    assert found == [(2, 2, 1, 2), (2, 0, 0, 1)]


def test_a_change_that_its_block_undid_is_seen_unless_asked_to_be_quick(
    chain: Blockchain,
) -> None:
    address = deployed(chain)
    store_block(chain, address, 5)
    store_block(chain, address, 6, 5)
    assert short(chain.history.blame(address, 0)) == (3, 1, 6, 5)
    assert short(chain.history.blame(address, 0, exact=False)) == (2, 0, 0, 5)


def test_what_the_genesis_wrote_has_no_transaction() -> None:
    slots = ((Hash32(word(1)), Hash32(word(7))),)
    genesis = replace(
        default_genesis("ewasm-metered"),
        accounts=(GenesisAccount(STRANGER, 1, storage=slots),),
    )
    chain = Blockchain.in_memory(genesis)
    chain.mine_blocks(2)
    write = chain.history.blame(STRANGER, 1)
    assert short(write) == (0, None, 0, 7)
    assert write is not None
    assert (write.transaction_hash, write.sender) == (None, None)


def test_history_ends_where_states_are_not_kept(
    chain: Blockchain, database: MemoryDatabase
) -> None:
    address = deployed(chain)
    for value in (5, 6, 7):
        store_block(chain, address, value)
    collect_garbage(database, 2)
    history = chain.history.slot_writes(address, 0)
    assert short(next(history)) == (4, 0, 6, 7)
    with pytest.raises(HistoryNotKept) as caught:
        next(history)
    assert caught.value.oldest_number == 3
    with pytest.raises(HistoryNotKept):
        chain.history.blame(address, 1)


def test_another_branch_has_its_own_history(chain: Blockchain) -> None:
    address = deployed(chain)
    chain.branches.create("left")
    store_block(chain, address, 5)
    chain.branches.switch("left")
    chain.mine()
    store_block(chain, address, 6, 7)
    assert short(chain.history.blame(address, 0)) == (3, 1, 6, 7)
    assert short(chain.history.blame(address, 0, at="main")) == (2, 0, 0, 5)
    chain.branches.switch("main")
    assert short(chain.history.blame(address, 0, at="left")) == (3, 1, 6, 7)


def test_progress_is_told(chain: Blockchain) -> None:
    told = []
    chain.mine_blocks(250)
    chain.history.blame(STRANGER, 0, progress=lambda *facts: told.append(facts))
    assert told == [("blocks", 100, 250), ("blocks", 200, 250)]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.integers(0, 2), max_size=3), max_size=6))
def test_history_is_that_of_the_values_one_after_the_other(
    blocks: list[list[int]],
) -> None:
    chain = Blockchain.in_memory(GENESIS)
    address = deployed(chain)
    expected: list[SHORT] = []
    value = 0
    for values in blocks:
        number = store_block(chain, address, *values).header.number
        for index, after in enumerate(values):
            if after != value:
                expected.append((number, index, value, after))
            value = after
    found = [short(write) for write in chain.history.slot_writes(address, 0)]
    assert found == expected[::-1]
