"""Reads of a database that lacks entries, or has others: each is named by its key."""

from collections.abc import Callable

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import ancestry
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.branch_store import BranchStore
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.listing import list_accounts
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import mark
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32, keccak256
from tests.helpers.chains import chain_with_history

NOWHERE = Hash32(b"\x99" * 32)


@pytest.fixture
def database() -> MemoryDatabase:
    database = MemoryDatabase()
    chain_with_history(database, 3)
    return database


def hash_of(database: MemoryDatabase, number: int) -> Hash32:
    return Blockchain(database).block(number).hash


def damaged(run: Callable[[], object]) -> tuple[bytes, str]:
    with pytest.raises(DatabaseDamaged) as caught:
        run()
    return caught.value.key, caught.value.reason


def test_a_missing_entry_is_named(database: MemoryDatabase) -> None:
    block_hash = hash_of(database, 2)
    for kind, read in (
        (keys.RECEIPTS, lambda store: store.receipts(block_hash)),
        (keys.RECEIPTS, lambda store: store.receipt(block_hash, 0)),
        (keys.OUTCOMES, lambda store: store.outcomes(block_hash)),
        (keys.OUTCOMES, lambda store: store.outcome(block_hash, 0)),
    ):
        kept = database.get(kind + block_hash)
        assert kept is not None
        database.write_batch({}, [kind + block_hash])
        store = BlockStore(database)
        assert damaged(lambda: read(store)) == (kind + block_hash, "missing")  # noqa: B023
        database.write_batch({kind + block_hash: kept})
        read(store)


def test_a_head_without_its_block_is_named(database: MemoryDatabase) -> None:
    head = hash_of(database, 3)
    assert BlockStore(database).head_number() == 3
    database.write_batch({}, [keys.BLOCK + head])
    found = damaged(BlockStore(database).head_number)
    assert found == (keys.BLOCK + head, "missing block")
    database.write_batch({}, [keys.HEAD])
    assert damaged(BlockStore(database).head_number) == (keys.HEAD, "missing")
    assert BlockStore(database).head_hash() is None


def test_a_genesis_that_cannot_be_read_says_why(database: MemoryDatabase) -> None:
    block_hash = hash_of(database, 1)
    for content in (b"{}", b"\xff"):
        database.write_batch({keys.GENESIS_KEY: content})
        key, reason = damaged(lambda: BlockStore(database).block(block_hash))
        assert key == keys.GENESIS_KEY
        assert reason.startswith("genesis cannot be read: ")


def test_what_is_unknown_is_none(database: MemoryDatabase) -> None:
    store = BlockStore(database)
    assert store.block(NOWHERE) is None
    assert store.transaction(NOWHERE, 0) is None
    assert store.hash_at(99) is None
    assert store.find_transaction(NOWHERE) == []
    assert store.edited(NOWHERE) is None
    assert store.snapshot(7) is None


def test_a_line_of_blocks_ends_where_one_was_pruned(database: MemoryDatabase) -> None:
    hashes = [hash_of(database, number) for number in range(4)]
    assert [one.hash for one in ancestry(database, hashes[3])] == hashes[::-1]
    database.write_batch({}, [keys.BLOCK + hashes[1]])
    found = damaged(lambda: list(ancestry(database, hashes[3])))
    assert found == (keys.BLOCK + hashes[1], "missing block")
    database.write_batch({keys.PRUNED + hashes[2]: b""})
    assert [one.hash for one in ancestry(database, hashes[3])] == [hashes[3], hashes[2]]
    found = damaged(lambda: list(ancestry(database, NOWHERE)))
    assert found == (keys.BLOCK + NOWHERE, "missing block")


def test_a_new_head_needs_its_line_back_to_the_chain(database: MemoryDatabase) -> None:
    chain = Blockchain(database)
    mark = chain.snapshot()
    old = [chain.mine() for _ in range(2)]
    chain.revert(mark)
    store = BlockStore(database)
    puts, deletes = store.head_entries(old[1])
    assert deletes == []
    assert puts[keys.HEAD] == old[1].hash
    assert sorted(set(puts.values())) == sorted(block.hash for block in old)
    kept = database.get(keys.BLOCK + old[0].hash)
    assert kept is not None
    database.write_batch({}, [keys.BLOCK + old[0].hash])
    found = damaged(lambda: store.head_entries(old[1]))
    assert found == (keys.BLOCK + old[0].hash, "missing block")
    # Where older blocks were pruned, their numbers are those of another branch.
    database.write_batch({keys.PRUNED + old[1].hash: b""})
    puts, deletes = store.head_entries(old[1])
    assert sorted(set(puts.values())) == [old[1].hash]
    assert len(deletes) == 5


def test_what_needs_a_block_that_is_gone_names_it(database: MemoryDatabase) -> None:
    chain = Blockchain(database)
    gone = chain.head.hash
    database.write_batch({}, [keys.BLOCK + gone])
    for run in (
        lambda: BranchStore(database)._block(gone),
        lambda: chain.reader.head.stored_block(gone),
        lambda: mark(database, [gone]),
        lambda: BlockChecker(database)._read_block(gone),
    ):
        assert damaged(run) == (keys.BLOCK + gone, "missing block")
    database.write_batch({}, [keys.HEAD])
    assert damaged(chain.reader.head.reload) == (keys.HEAD, "missing")


def test_a_preimage_has_the_hash_that_names_it(database: MemoryDatabase) -> None:
    root = Blockchain(database).head.header.state_root
    listed = dict(list_accounts(database, root))
    for address in listed:
        key = keys.preimage_key(keccak256(address))
        database.write_batch({key: b"another"})
        found = damaged(lambda: list(list_accounts(database, root)))
        assert found == (key, "is not what has this hash")
        database.write_batch({key: address})
    assert dict(list_accounts(database, root)) == listed
