"""Checks of a block: every kind of damage is found, with the place."""

from collections.abc import Iterable

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.block_check import BlockChecker, BlockVerdict
from chain_sim.ethereum.maintenance.pruning import mark as mark_all
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32, keccak256
from chain_sim.ethereum.state.state_walk import BadEntry
from tests.helpers.chains import chain_with_history


@pytest.fixture
def database() -> MemoryDatabase:
    database = MemoryDatabase()
    chain_with_history(database, 5)
    return database


def mark(database: MemoryDatabase, blocks: Iterable[Hash32]) -> dict[bytes, None]:
    """The keys of nodes and code, which are what a state is made of."""
    marked = mark_all(database, blocks)
    return {key: None for key in marked if key[:1] != keys.PREIMAGE}


def verdicts(database: MemoryDatabase) -> dict[int | None, BlockVerdict]:
    found = BlockChecker(database).check(whole_blocks(database))
    return {verdict.number: verdict for verdict in found}


def test_an_undamaged_chain_has_no_fault(database: MemoryDatabase) -> None:
    found = verdicts(database)
    assert sorted(found) == [0, 1, 2, 3, 4, 5]
    assert {verdict.fault for verdict in found.values()} == {None}


def test_every_entry_of_every_state_is_read_once(database: MemoryDatabase) -> None:
    checker = BlockChecker(database)
    list(checker.check(whole_blocks(database)))
    assert checker.entry_count == len(mark(database, whole_blocks(database)))
    assert checker.entry_count > 20


def test_any_entry_of_the_state_that_is_lost_or_changed_is_found(
    database: MemoryDatabase,
) -> None:
    chain = Blockchain(database)
    needed = {number: mark(database, [chain.block(number).hash]) for number in range(6)}
    every_key = dict.fromkeys(key for marked in needed.values() for key in marked)
    for key in every_key:
        value = database.get(key)
        assert value is not None
        for change in ({}, {key: value[:-1] + bytes((value[-1] ^ 1,))}):
            database.write_batch(change, [key])
            for number, verdict in verdicts(database).items():
                assert number is not None
                assert (verdict.fault is not None) == (key in needed[number])
                if verdict.fault is not None:
                    assert isinstance(verdict.fault, BadEntry)
                    assert verdict.fault.key == key
        database.write_batch({key: value})


def test_a_lost_node_is_named_with_its_path(database: MemoryDatabase) -> None:
    chain = Blockchain(database)
    address = chain.accounts[3].address
    path = keccak256(address).hex()
    named = []
    for key in mark(database, [chain.head.hash]):
        value = database.get(key)
        assert value is not None
        database.write_batch({}, [key])
        fault = verdicts(database)[5].fault
        assert isinstance(fault, BadEntry)
        if fault.account is None and path.startswith(fault.nibbles):
            named.append(fault.nibbles)
        database.write_batch({key: value})
    assert sorted(named) == [path[:length] for length in range(len(named))]
    assert len(named) >= 2


def test_damage_in_a_storage_names_the_account(database: MemoryDatabase) -> None:
    chain = Blockchain(database)
    counter = chain.reader.receipts(chain.block(1))[0].contract_address
    assert counter is not None
    nodes = [
        key for key in mark(database, [chain.head.hash]) if key.startswith(keys.NODE)
    ]
    places = []
    for key in nodes:
        value = database.get(key)
        assert value is not None
        database.write_batch({}, [key])
        fault = verdicts(database)[5].fault
        assert isinstance(fault, BadEntry)
        places.append(fault.account)
        database.write_batch({key: value})
    assert places.count(keccak256(counter)) == 1
    assert set(places) == {None, keccak256(counter)}


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        (keys.RECEIPTS, "missing"),
        (keys.OUTCOMES, "missing"),
        (keys.TX_INDEX, "transaction 0 is not in the index"),
    ],
)
def test_a_lost_part_of_a_block_is_found(
    database: MemoryDatabase, prefix: bytes, reason: str
) -> None:
    block = Blockchain(database).block(3)
    name = block.transactions[0].hash if prefix == keys.TX_INDEX else block.hash
    database.write_batch({}, [prefix + name])
    found = verdicts(database)
    fault = found[3].fault
    assert fault is not None
    assert (fault.key, fault.reason) == (prefix + name, reason)
    assert [n for n, one in found.items() if one.fault is not None] == [3]


@pytest.mark.parametrize("prefix", [keys.RECEIPTS, keys.OUTCOMES, keys.BLOCK])
def test_a_part_of_another_block_is_found(
    database: MemoryDatabase, prefix: bytes
) -> None:
    chain = Blockchain(database)
    other = database.get(prefix + chain.block(0).hash)
    assert other is not None
    key = prefix + chain.block(3).hash
    database.write_batch({key: other})
    bad = [
        verdict.fault
        for verdict in BlockChecker(database).check(whole_blocks(database))
        if verdict.fault is not None
    ]
    assert [fault.key for fault in bad] == [key]


@pytest.mark.parametrize("prefix", [keys.RECEIPTS, keys.OUTCOMES, keys.BLOCK])
def test_bytes_that_cannot_be_read_are_found(
    database: MemoryDatabase, prefix: bytes
) -> None:
    block_hash = Blockchain(database).block(3).hash
    database.write_batch({prefix + block_hash: b"\xc1\xff"})
    bad = [
        verdict.block_hash
        for verdict in BlockChecker(database).check(whole_blocks(database))
        if verdict.fault is not None
    ]
    assert bad == [block_hash]


@pytest.mark.parametrize("content", [b"{", b"\xff"])
def test_a_genesis_that_cannot_be_read_is_named(content: bytes) -> None:
    database = MemoryDatabase()
    head = Blockchain(database).head
    database.write_batch({keys.GENESIS_KEY: content})
    (verdict,) = BlockChecker(database).check([head.hash])
    assert "genesis cannot be read" in str(verdict.fault)
