"""Branches and snapshots: names for blocks, and a head that moves between them."""

from pathlib import Path

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.blocks.branch_store import FIRST_BRANCH
from chain_sim.ethereum.blocks.history_errors import (
    BranchExists,
    BranchInUse,
    InvalidBranchName,
    UnknownBranch,
)
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.maintenance.statistics import measure
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    UnknownBlock,
    UnknownSnapshot,
    UnknownTransaction,
)
from chain_sim.ethereum.primitives.text import Hash32
from tests.helpers.stored_values import GENESIS, STRANGER, signed


class WritesCounted(MemoryDatabase):
    """Records each batch, and how many keys an iteration passed."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[tuple[dict[bytes, bytes], list[bytes]]] = []
        self.reads = 0

    def get(self, key: bytes) -> bytes | None:
        self.reads += 1
        return super().get(key)

    def iterate(self, prefix: bytes):  # type: ignore[no-untyped-def]
        for entry in super().iterate(prefix):
            self.reads += 1
            yield entry

    def write_batch(self, puts, deletes=()):  # type: ignore[no-untyped-def]
        self.batches.append((dict(puts), list(deletes)))
        super().write_batch(puts, deletes)


@pytest.fixture
def database() -> WritesCounted:
    return WritesCounted()


@pytest.fixture
def chain(database: WritesCounted) -> Blockchain:
    return Blockchain(database, GENESIS)


def names(chain: Blockchain) -> dict[str, int]:
    return {branch.name: branch.tip.header.number for branch in chain.branches.all()}


def test_a_chain_begins_on_main(chain: Blockchain) -> None:
    assert chain.branches.current == FIRST_BRANCH == "main"
    (branch,) = chain.branches.all()
    assert (branch.name, branch.tip, branch.is_current) == ("main", chain.head, True)


def test_new_blocks_move_the_branch_that_the_chain_is_on(chain: Blockchain) -> None:
    chain.branches.create("left")
    chain.mine_blocks(2)
    assert names(chain) == {"left": 0, "main": 2}
    chain.branches.switch("left")
    assert chain.head.header.number == 0
    chain.mine_blocks(3)
    assert names(chain) == {"left": 3, "main": 2}
    assert [branch.is_current for branch in chain.branches.all()] == [True, False]


def test_each_branch_has_its_own_blocks_and_balances(chain: Blockchain) -> None:
    chain.branches.create("left")
    chain.send(STRANGER, value=5)
    right = chain.head
    chain.branches.switch("left")
    chain.mine()
    chain.send(STRANGER, value=7)
    assert chain.balance(STRANGER) == 7
    assert chain.block(1) != right
    with pytest.raises(UnknownBlock):
        chain.block(right.hash)
    assert (
        chain.reader.find_block(right.hash) == chain.reader.find_block("main") == right
    )
    assert chain.state_at("main").get_balance(STRANGER) == 5
    chain.branches.switch("main")
    assert chain.block(1) == right
    assert chain.balance(STRANGER) == 5


def test_a_transaction_of_two_branches_is_found_on_either(chain: Blockchain) -> None:
    """The index had one place for each, so the branch that had it first lost it."""
    tx = signed(chain, STRANGER, b"", value=1)
    chain.branches.create("left")
    chain.mine([tx])
    chain.branches.switch("left")
    chain.mine()
    chain.mine([tx])
    assert chain.receipt(tx.hash).block_number == 2
    chain.branches.switch("main")
    assert chain.receipt(tx.hash).block_number == 1
    chain.branches.create("start", 0)
    chain.branches.switch("start")
    with pytest.raises(UnknownTransaction):
        chain.receipt(tx.hash)


def test_a_branch_begins_at_any_block(chain: Blockchain) -> None:
    chain.mine_blocks(4)
    snapshot = chain.snapshot()
    chain.mine()
    block = chain.block(2)
    assert chain.branches.create("two", 2).tip == block
    assert chain.branches.create("hash", block.hash).tip == block
    assert chain.branches.create("name", "two").tip == block
    assert chain.branches.create("here").tip == chain.head
    at_snapshot = chain.branches.snapshot_block(snapshot)
    assert chain.branches.create("then", at_snapshot.hash).tip == chain.block(4)
    assert chain.branches.current == "main"


def test_creating_writes_one_entry_and_moving_a_few(
    chain: Blockchain, database: WritesCounted
) -> None:
    chain.mine_blocks(50)
    database.batches.clear()
    chain.branches.create("left", 47)
    chain.branches.switch("left")
    chain.branches.switch("main")
    chain.branches.delete("left")
    left, main = chain.block(47).hash, chain.head.hash
    number_keys = {keys.NUMBER_INDEX + n.to_bytes(8, "big") for n in range(48, 51)}
    created, switched, back, deleted = database.batches
    assert created == ({keys.HEAD + b"left": left}, [])
    assert switched == (
        {keys.HEAD: left, keys.HEAD + b"main": main, keys.BRANCH_KEY: b"left"},
        [keys.HEAD + b"left"],
    )
    # The blocks between, and nothing that they hold.
    assert back[0].keys() - number_keys == {
        keys.HEAD,
        keys.HEAD + b"left",
        keys.BRANCH_KEY,
    }
    assert deleted == ({}, [keys.HEAD + b"left"])


@pytest.mark.parametrize("name", ["", "2", "a b", "head", "x..y"])
def test_a_bad_name_is_refused_and_nothing_written(
    chain: Blockchain, database: WritesCounted, name: str
) -> None:
    database.batches.clear()
    with pytest.raises(InvalidBranchName):
        chain.branches.create(name)
    assert database.batches == []


def test_wrong_use_is_refused_and_nothing_written(
    chain: Blockchain, database: WritesCounted
) -> None:
    chain.mine_blocks(2)
    chain.branches.create("left", 1)
    database.batches.clear()
    for name, number in (("left", 1), ("main", 2)):
        with pytest.raises(BranchExists) as exists:
            chain.branches.create(name)
        assert (exists.value.name, exists.value.tip_number) == (name, number)
    with pytest.raises(UnknownBlock):
        chain.branches.create("new", 3)
    with pytest.raises(UnknownBlock):
        chain.branches.create("new", Hash32(bytes(32)))
    for use in (chain.branches.switch, chain.branches.delete, chain.reader.find_block):
        with pytest.raises(UnknownBranch) as unknown:
            use("nobody")
        assert unknown.value.name == "nobody"
    with pytest.raises(BranchInUse) as in_use:
        chain.branches.delete("main")
    assert in_use.value.name == "main"
    for snapshot in (0, 1, -1, 1 << 64):
        with pytest.raises(UnknownSnapshot):
            chain.revert(snapshot)
    chain.branches.switch("main")
    assert database.batches == []


def test_branches_are_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path, GENESIS) as chain:
        chain.branches.create("left")
        chain.mine_blocks(2)
        chain.branches.switch("left")
        chain.mine_blocks(1)
        known = chain.branches.all()
    with Blockchain.open(path) as chain:
        assert chain.branches.all() == known
        assert chain.branches.current == "left"
        assert chain.head == chain.reader.find_block("left")
        assert chain.branches.switch("main").header.number == 2


def test_garbage_collection_keeps_each_branch(database: WritesCounted) -> None:
    chain = Blockchain(database, GENESIS)
    chain.mine_blocks(2)
    chain.branches.create("left")
    for value in range(1, 5):
        chain.send(STRANGER, value=value)
    chain.branches.switch("left")
    chain.mine()
    for value in range(10, 14):
        chain.send(STRANGER, value=value)
    collect_garbage(database, 2)
    verdicts = BlockChecker(database).check(whole_blocks(database))
    found = sorted((one.number, one.fault) for one in verdicts)
    assert found == [(5, None), (6, None), (6, None), (7, None)]
    assert measure(database).branches == 2
    assert chain.state_at("main").get_balance(STRANGER) == 10
    assert chain.balance(STRANGER) == 46
    with pytest.raises(BlockNotKept):
        chain.branches.create("old", 5)
    chain.branches.switch("main")
    chain.branches.delete("left")
    collect_garbage(database, 2)
    assert len(list(whole_blocks(database))) == 2


def test_a_collection_leaves_a_transaction_where_it_is_kept(
    database: WritesCounted,
) -> None:
    chain = Blockchain(database, GENESIS)
    tx = signed(chain, STRANGER, b"", value=1)
    chain.branches.create("left")
    chain.mine([tx])
    chain.mine_blocks(3)
    chain.branches.switch("left")
    chain.mine()
    chain.mine([tx])
    collect_garbage(database, 1)
    assert chain.receipt(tx.hash).block_number == 2
    chain.branches.switch("main")
    with pytest.raises(UnknownTransaction):
        chain.receipt(tx.hash)
    collect_garbage(database, 1)
    entry = database.get(keys.TX_INDEX + tx.hash)
    assert entry == chain.reader.find_block("left").hash + bytes(4)
    chain.branches.delete("left")
    collect_garbage(database, 1)
    assert database.get(keys.TX_INDEX + tx.hash) is None


# Snapshots, and regressions that other tools had


def test_a_snapshot_costs_the_same_after_a_thousand_others(
    chain: Blockchain, database: WritesCounted
) -> None:
    costs = []
    for _ in range(3):
        database.reads = 0
        chain.snapshot()
        costs.append(database.reads)
        for _ in range(333):
            chain.snapshot()
    assert costs[0] == costs[1] == costs[2] == 2
    assert chain.snapshot() == 1003


def test_a_revert_on_a_long_chain_reads_no_more_than_on_a_short_one(
    chain: Blockchain, database: WritesCounted
) -> None:
    first = chain.snapshot()
    chain.mine_blocks(10)
    database.reads = 0
    chain.revert(first)
    short = database.reads
    chain.mine_blocks(2_000)
    database.reads = 0
    database.batches.clear()
    chain.revert(first)
    assert database.reads == short
    assert database.batches == [({keys.HEAD: chain.head.hash}, [])]


def test_snapshots_of_a_database_that_did_not_count_them_go_on(
    database: WritesCounted,
) -> None:
    chain = Blockchain(database, GENESIS)
    assert [chain.snapshot() for _ in range(3)] == [1, 2, 3]
    database.write_batch({}, [keys.SNAPSHOT_COUNT_KEY])
    assert [chain.snapshot() for _ in range(2)] == [4, 5]


def test_a_snapshot_is_reverted_to_twice_with_blocks_in_between(
    chain: Blockchain,
) -> None:
    mark = chain.snapshot()
    for value in (3, 4):
        chain.send(STRANGER, value=value)
        assert chain.balance(STRANGER) == value
        assert chain.revert(mark).header.number == 0
        assert chain.balance(STRANGER) == 0


def test_an_outer_snapshot_outlives_a_revert_to_an_inner_one_and_the_reverse(
    chain: Blockchain,
) -> None:
    outer = chain.snapshot()
    chain.send(STRANGER, value=1)
    inner = chain.snapshot()
    chain.send(STRANGER, value=2)
    for mark, balance in ((inner, 1), (outer, 0), (inner, 1), (outer, 0)):
        chain.revert(mark)
        assert chain.balance(STRANGER) == balance


def test_a_revert_moves_the_branch_that_the_chain_is_on_only(
    chain: Blockchain,
) -> None:
    mark = chain.snapshot()
    chain.mine_blocks(2)
    chain.branches.create("left")
    chain.mine()
    chain.revert(mark)
    assert names(chain) == {"left": 2, "main": 0}


def test_history_goes_back_to_the_first_block_on_any_branch(chain: Blockchain) -> None:
    chain.mine()
    chain.branches.create("left")
    chain.mine_blocks(2)
    main = [block.hash for block in chain.history.blocks()]
    assert [chain.reader.find_block(one).header.number for one in main] == [3, 2, 1, 0]
    assert [block.hash for block in chain.history.blocks("left")] == main[2:]
    assert [block.hash for block in chain.history.blocks(2)] == main[1:]
    with pytest.raises(UnknownBranch):
        chain.history.blocks("nobody")


def test_a_block_that_was_pruned_and_is_made_again_is_whole() -> None:
    """Found by the state machine: the mark of what was removed outlived the new block.

    The same transactions at the same times give the same blocks.
    """
    database = MemoryDatabase()
    chain = Blockchain(database, GENESIS)
    first = chain.send(STRANGER, value=1)
    empty = chain.mine_blocks(2)
    chain.branches.create("again", 0)
    chain.branches.switch("again")
    collect_garbage(database, 1)
    with pytest.raises(BlockNotKept):
        chain.state_at(first.block_hash)
    assert chain.send(STRANGER, value=1) == first
    assert chain.receipt(first.transaction_hash) == first
    assert chain.state_at(first.block_hash).get_balance(STRANGER) == 1
    assert chain.mine_blocks(2) == empty
    assert chain.state_at(2).get_balance(STRANGER) == 1
    verdicts = BlockChecker(database).check(whole_blocks(database))
    assert [one.fault for one in verdicts if one.fault is not None] == []
