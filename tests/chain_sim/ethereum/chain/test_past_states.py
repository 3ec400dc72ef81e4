"""States after each transaction of a block, and calls there."""

from collections.abc import Sequence

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.chain_point import ChainPoint
from chain_sim.ethereum.blocks.history_errors import (
    UnknownBranch,
    UnknownTransactionIndex,
)
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.database_keys import OUTCOMES
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    ReplayDiffers,
    UnknownBlock,
)
from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from tests.helpers.ewasm import contract
from tests.helpers.stored_values import (
    GENESIS,
    STRANGER,
    TELL,
    deployed,
    signed,
    store_block,
    word,
)

DESTROY = contract("(call $selfDestruct (i32.const 0))")
COUNT = contract(
    "(call $storageLoad (i32.const 0) (i32.const 32))"
    "(i32.store8 (i32.const 63)"
    " (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))"
    "(call $storageStore (i32.const 0) (i32.const 32))"
    "(call $finish (i32.const 32) (i32.const 32))"
)


def values(
    chain: Blockchain, address: Address, places: Sequence[ChainPoint]
) -> list[int]:
    return [
        int.from_bytes(chain.state_at(place).get_storage(address, word(0)), "big")
        for place in places
    ]


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def chain(database: MemoryDatabase) -> Blockchain:
    return Blockchain(database, GENESIS)


def test_the_state_after_each_transaction(chain: Blockchain) -> None:
    address = deployed(chain)
    block = store_block(chain, address, 5, 0, 9)
    places = [ChainPoint(2, index) for index in range(3)]
    assert values(chain, address, [ChainPoint(1), *places, ChainPoint(2)]) == [
        0,
        5,
        0,
        9,
        9,
    ]
    by_hash = [ChainPoint(block.hash, 1), ChainPoint("main", 0), ChainPoint(None, 2)]
    assert values(chain, address, by_hash) == [0, 5, 9]
    sender = chain.accounts[0].address
    nonces = [chain.state_at(2, tx).get_nonce(sender) for tx in (0, 1)]
    assert nonces == [2, 3]


def test_the_last_transaction_leaves_the_blocks_state(chain: Blockchain) -> None:
    """The state read there is the written one; running again gives the same."""
    address = deployed(chain)
    block = store_block(chain, address, 5, 6)
    replayed = chain.state_at(1)
    stored = chain.reader.stored_block(block)
    results = list(stored.run(Executor(chain.engine, replayed)))
    assert len(results) == 2
    assert replayed.compute_root() == block.header.state_root
    assert chain.state_at(2, 1).compute_root() == block.header.state_root


def test_changes_to_a_past_state_are_not_kept(chain: Blockchain) -> None:
    address = deployed(chain)
    store_block(chain, address, 5, 6)
    chain.state_at(2, 0).set_balance(STRANGER, 1)
    assert chain.state_at(2, 0).get_balance(STRANGER) == 0


@pytest.mark.parametrize(
    ("number", "tx", "count", "held"),
    [
        (0, 0, 0, "no transactions"),
        (1, 1, 1, "only 0"),
        (2, 2, 2, "transactions 0 to 1"),
        (2, -1, 2, "transactions 0 to 1"),
    ],
)
def test_a_transaction_that_is_not_there(
    chain: Blockchain, number: int, tx: int, count: int, held: str
) -> None:
    store_block(chain, deployed(chain), 5, 6)
    with pytest.raises(UnknownTransactionIndex) as caught:
        chain.state_at(number, tx)
    error = caught.value
    assert (error.block_number, error.tx_index, error.tx_count) == (number, tx, count)
    assert str(error) == f"block {number} has no transaction {tx}: it has {held}"


def test_unknown_places(chain: Blockchain) -> None:
    with pytest.raises(UnknownBlock):
        chain.state_at(1, 0)
    with pytest.raises(UnknownBranch):
        chain.state_at("nobody")


def test_what_does_not_fit_the_receipts_is_refused(
    chain: Blockchain, database: MemoryDatabase
) -> None:
    block = store_block(chain, deployed(chain), 5, 6, 7)
    outcomes = encode_item([[b"", b""], [b"other", b""], [b"", b""]])
    database.write_batch({OUTCOMES + block.hash: outcomes})
    assert chain.state_at(2, 0).get_storage(STRANGER, word(0)) == word(0)
    with pytest.raises(ReplayDiffers) as caught:
        chain.state_at(2, 1)
    assert (caught.value.field, caught.value.stored) == ("output", b"other")


def test_where_the_parents_state_is_gone_the_blocks_own_stays(
    chain: Blockchain, database: MemoryDatabase
) -> None:
    address = deployed(chain)
    store_block(chain, address, 5, 6)
    collect_garbage(database, 1)
    assert values(chain, address, [ChainPoint(2), ChainPoint(2, 1)]) == [6, 6]
    with pytest.raises(BlockNotKept) as caught:
        chain.state_at(2, 0)
    assert caught.value.which == 1


def test_a_call_runs_on_the_state_of_its_place(chain: Blockchain) -> None:
    address = deployed(chain, COUNT)
    chain.mine([signed(chain, address, b"", skip=skip) for skip in range(3)])
    places = [
        ChainPoint(1),
        ChainPoint(2, 0),
        ChainPoint(2, 1),
        ChainPoint(2, 2),
        ChainPoint(2),
        None,
    ]
    outputs = [chain.call(address, at=place).output for place in places]
    assert outputs == [word(number) for number in (1, 2, 3, 4, 4, 4)]
    report = chain.gas.explain_call(address, at=ChainPoint(2, 0))
    assert report.gas_used == chain.call(address, at=ChainPoint(2, 0)).gas_used


def test_a_cross_checked_call_has_its_twin_at_the_same_place() -> None:
    chain = Blockchain.in_memory(GENESIS, cross_check=True)
    address = deployed(chain, COUNT)
    chain.mine([signed(chain, address, b"", skip=skip) for skip in range(3)])
    for place, expected in (
        (ChainPoint(1), 1),
        (ChainPoint(2, 1), 3),
        (ChainPoint(2), 4),
    ):
        assert chain.call(address, at=place).output == word(expected)


def told(output: bytes) -> tuple[int, int, bytes]:
    number, timestamp = output[:8], output[8:16]
    little = (int.from_bytes(part, "little") for part in (number, timestamp))
    return (*little, output[16:48])  # type: ignore[return-value]


def test_a_call_sees_the_blocks_of_its_place(chain: Blockchain) -> None:
    address = deployed(chain, TELL)
    chain.clock.set(GENESIS.timestamp + 500)
    chain.mine([signed(chain, address, b"", skip=skip) for skip in range(2)])
    one, two = chain.block(1), chain.block(2)
    after_one = told(chain.call(address, at=1).output)
    assert after_one == (2, one.header.timestamp + 1, one.hash)
    within_two = told(chain.call(address, at=ChainPoint(2, 0)).output)
    assert within_two == (2, two.header.timestamp, one.hash)
    after_two = told(chain.call(address).output)
    assert after_two == (3, two.header.timestamp + 1, two.hash)


def test_on_another_branch_the_hashes_are_that_branchs(chain: Blockchain) -> None:
    address = deployed(chain, TELL)
    chain.branches.create("left")
    chain.clock.set(GENESIS.timestamp + 500)
    chain.mine_blocks(3)
    there = chain.head
    chain.branches.switch("left")
    chain.mine_blocks(5)
    assert told(chain.call(address, at="main").output) == (
        5,
        there.header.timestamp + 1,
        there.hash,
    )
    assert told(chain.call(address, at=there.header.parent_hash).output)[2] == (
        there.header.parent_hash
    )


def test_a_transaction_of_a_block_with_its_own_time_is_explained(
    chain: Blockchain,
) -> None:
    """Its block ran again with the parent's time plus one."""
    address = deployed(chain, TELL)
    chain.clock.set(GENESIS.timestamp + 500)
    receipt = chain.send(address)
    report = chain.gas.explain_transaction(receipt.transaction_hash)
    assert report.gas_used == receipt.gas_used


def test_differences_within_a_block_know_accounts_that_it_destroyed(
    chain: Blockchain,
) -> None:
    """What one transaction created and a later one removed is in no written state."""
    block = chain.mine(
        [
            signed(chain, STRANGER, b"", value=1),
            signed(chain, STRANGER, b"", skip=1, value=2),
        ]
    )
    (sender, stranger) = (chain.accounts[0].address, STRANGER)
    found = {
        one.address: one
        for one in chain.history.diff(ChainPoint(1, 0), ChainPoint(1, 1))
    }
    assert found.keys() == {sender, stranger, block.header.coinbase}
    change = found[stranger]
    assert change.before is not None
    assert change.after is not None
    assert (change.before.balance, change.after.balance) == (1, 3)
    assert list(chain.history.diff(ChainPoint(1, 1), 1)) == []


def test_code_of_a_contract_that_its_block_destroyed_is_shown(
    chain: Blockchain,
) -> None:
    made = deployed(chain, DESTROY)
    chain.mine([signed(chain, made, b"")])
    (gone,) = [one for one in chain.history.diff(1, 2) if one.address == made]
    assert gone.after is None
    assert gone.codes == (DESTROY, b"")
    (back,) = [one for one in chain.history.diff(2, 1) if one.address == made]
    assert back.codes == (b"", DESTROY)


def test_the_state_of_an_empty_chain_can_be_opened_by_itself() -> None:
    state = WorldState(MemoryDatabase())
    assert state.preimage(state.compute_root()) is None
