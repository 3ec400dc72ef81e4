from collections import Counter
from pathlib import Path

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import (
    CODE,
    NODE,
    PREIMAGE,
    code_key,
    node_key,
    preimage_key,
)
from chain_sim.ethereum.primitives.text import (
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.missing import MissingCode, MissingNode
from chain_sim.ethereum.trie.node_cache import NodeCache
from tests.helpers.state_model import ModelAccount, root_of

ALICE = Address(b"\xaa" * 20)
BOB = Address(b"\xbb" * 20)
ONE = bytes(31) + b"\1"
TWO = bytes(31) + b"\2"


def kinds(puts: dict[bytes, bytes]) -> dict[bytes, int]:
    """The number of entries of each kind."""
    return dict(Counter(key[:1] for key in puts))


def numbered(index: int) -> Address:
    return Address(keccak256(index.to_bytes(4))[:20])


def test_a_commit_writes_nothing_by_itself() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    state.set_balance(ALICE, 1)
    state.commit()
    assert list(database.iterate(b"")) == []


def test_an_empty_state_commits_no_entries() -> None:
    assert WorldState(MemoryDatabase()).commit() == (EMPTY_TRIE_ROOT, {})


def test_a_second_commit_has_only_what_is_new() -> None:
    state = WorldState(MemoryDatabase())
    state.set_code(ALICE, b"code")
    root, puts = state.commit()
    assert kinds(puts) == {NODE: 1, CODE: 1, PREIMAGE: 1}
    assert state.commit() == (root, {})


def test_code_already_handed_out_is_not_handed_out_again() -> None:
    state = WorldState(MemoryDatabase())
    state.set_code(ALICE, b"code")
    state.commit()
    state.set_balance(ALICE, 1)
    _, puts = state.commit()
    assert code_key(keccak256(b"code")) not in puts


def test_code_is_kept_once_under_its_hash() -> None:
    state = WorldState(MemoryDatabase())
    state.set_code(ALICE, b"code")
    state.set_code(BOB, b"code")
    _, puts = state.commit()
    code = {key: value for key, value in puts.items() if key.startswith(CODE)}
    assert code == {code_key(keccak256(b"code")): b"code"}


def test_code_of_accounts_rolled_back_or_deleted_is_not_written() -> None:
    state = WorldState(MemoryDatabase())
    snapshot = state.snapshot()
    state.set_code(ALICE, b"rolled back")
    state.rollback(snapshot)
    state.set_code(BOB, b"deleted")
    state.delete_account(BOB)
    assert state.commit() == (EMPTY_TRIE_ROOT, {})


def test_nodes_of_roots_on_the_way_are_not_written() -> None:
    state = WorldState(MemoryDatabase())
    for nonce in range(1, 10):
        state.set_nonce(ALICE, nonce)
        state.set_storage(ALICE, ONE, nonce.to_bytes(32))
        state.compute_root()
    _, puts = state.commit()
    assert kinds(puts) == {NODE: 2, PREIMAGE: 2}


def test_what_lies_in_the_tries_has_its_preimage_in_the_same_batch() -> None:
    state = WorldState(MemoryDatabase())
    state.set_balance(ALICE, 1)
    state.set_storage(ALICE, ONE, TWO)
    _, puts = state.commit()
    assert puts[preimage_key(keccak256(ALICE))] == ALICE
    assert puts[preimage_key(keccak256(ONE))] == ONE


def test_what_is_deleted_in_the_same_block_has_no_preimage() -> None:
    state = WorldState(MemoryDatabase())
    state.set_balance(ALICE, 1)
    state.set_storage(ALICE, ONE, TWO)
    state.set_storage(ALICE, ONE, bytes(32))
    state.set_balance(BOB, 1)
    state.delete_account(BOB)
    _, puts = state.commit()
    preimages = {key: value for key, value in puts.items() if key[:1] == PREIMAGE}
    assert preimages == {preimage_key(keccak256(ALICE)): ALICE}


def test_a_shared_storage_trie_survives_the_deletion_of_one_of_its_owners() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    for address in (ALICE, BOB):
        state.set_nonce(address, 1)
        state.set_storage(address, ONE, TWO)
    state.compute_root()
    state.delete_account(ALICE)
    root, puts = state.commit()
    database.write_batch(puts)
    assert WorldState(database, root).get_storage(BOB, ONE) == TWO


def test_state_can_be_read_before_the_caller_has_written_it() -> None:
    state = WorldState(MemoryDatabase())
    state.set_code(ALICE, b"code")
    state.set_storage(ALICE, ONE, TWO)
    state.commit()
    assert state.get_code(ALICE) == b"code"
    assert state.get_storage(ALICE, ONE) == TWO


def test_every_root_of_the_past_can_be_read() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    roots = []
    for height in range(20):
        state.set_balance(numbered(height), height + 1)
        state.set_storage(ALICE, ONE, height.to_bytes(32))
        root, puts = state.commit()
        database.write_batch(puts)
        roots.append(root)
    for height, root in enumerate(roots):
        past = WorldState(database, root)
        assert past.get_storage(ALICE, ONE) == height.to_bytes(32)
        assert past.get_balance(numbered(height)) == height + 1
        assert not past.account_exists(numbered(height + 1))


def test_state_in_a_directory_is_there_after_opening_again(tmp_path: Path) -> None:
    root = EMPTY_TRIE_ROOT
    for height in range(1, 6):
        with LevelDatabase(tmp_path) as database:
            state = WorldState(database, root)
            state.set_code(numbered(height), b"code %d" % height)
            state.set_storage(ALICE, height.to_bytes(32), TWO)
            root, puts = state.commit()
            database.write_batch(puts)
    with LevelDatabase(tmp_path) as database:
        state = WorldState(database, root)
        for height in range(1, 6):
            assert state.get_code(numbered(height)) == b"code %d" % height
            assert state.get_storage(ALICE, height.to_bytes(32)) == TWO


def test_work_can_go_on_from_a_past_root() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    state.set_balance(ALICE, 1)
    first, puts = state.commit()
    database.write_batch(puts)
    state.set_balance(ALICE, 2)
    database.write_batch(state.commit()[1])
    branch = WorldState(database, first)
    branch.set_balance(BOB, 3)
    model = {ALICE: ModelAccount(balance=1), BOB: ModelAccount(balance=3)}
    assert branch.compute_root() == root_of(model)


def test_the_order_of_writes_is_in_no_entry() -> None:
    forward, backward = WorldState(MemoryDatabase()), WorldState(MemoryDatabase())
    for index in range(50):
        forward.set_balance(numbered(index), index + 1)
        backward.set_balance(numbered(49 - index), 50 - index)
    assert forward.commit() == backward.commit()


def test_a_lost_node_is_named_with_its_path() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    for index in range(300):
        state.set_balance(numbered(index), 1)
    root, puts = state.commit()
    database.write_batch(puts)
    leaf = next(key for key in puts if key != node_key(root))
    database.write_batch({}, deletes=[leaf])
    broken = WorldState(database, root)
    lost = [index for index in range(300) if not is_readable(broken, numbered(index))]
    assert lost
    for index in lost:
        with pytest.raises(MissingNode) as caught:
            broken.get_balance(numbered(index))
        assert node_key(caught.value.node_hash) == leaf
        nibbles = "".join(f"{nibble:x}" for nibble in caught.value.path)
        assert keccak256(numbered(index)).hex().startswith(nibbles)


def is_readable(state: WorldState, address: Address) -> bool:
    try:
        state.get_balance(address)
    except MissingNode:
        return False
    return True


def test_lost_code_is_named_and_is_not_empty_code() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    state.set_code(ALICE, b"code")
    root, puts = state.commit()
    del puts[code_key(keccak256(b"code"))]
    database.write_batch(puts)
    with pytest.raises(MissingCode) as caught:
        WorldState(database, root).get_code(ALICE)
    assert caught.value.code_hash == keccak256(b"code")


def test_a_preimage_of_another_hash_is_damage() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    state.set_balance(ALICE, 1)
    _, puts = state.commit()
    digest = Hash32(keccak256(ALICE))
    key = preimage_key(digest)
    assert puts[key] == ALICE
    database.write_batch(puts)
    assert StateEntries(database, NodeCache(0)).get_preimage(digest) == ALICE
    database.write_batch({key: BOB})
    with pytest.raises(DatabaseDamaged) as caught:
        StateEntries(database, NodeCache(0)).get_preimage(digest)
    assert caught.value.key == key
    assert "preimage does not have the hash that names it" in str(caught.value)


@pytest.mark.parametrize("prefix", [NODE, CODE])
def test_an_entry_with_a_bit_turned_is_damage(prefix: bytes) -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    state.set_code(ALICE, b"code")
    root, puts = state.commit()
    key = next(key for key in puts if key.startswith(prefix))
    puts[key] = puts[key][:-1] + bytes((puts[key][-1] ^ 1,))
    database.write_batch(puts)
    with pytest.raises(DatabaseDamaged) as caught:
        WorldState(database, root).get_code(ALICE)
    assert caught.value.key == key
