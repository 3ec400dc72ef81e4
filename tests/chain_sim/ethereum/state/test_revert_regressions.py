"""Reverts that other tools got wrong, pinned on the world state and on the chain."""

from pathlib import Path

import pytest

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.errors import UnknownStateSnapshot
from chain_sim.ethereum.state.world_state import WorldState

ALICE = Address(b"\xaa" * 20)
KEY, ONE, TWO = bytes(32), (1).to_bytes(32, "big"), (2).to_bytes(32, "big")


@pytest.fixture
def state() -> WorldState:
    return WorldState(MemoryDatabase())


def test_a_second_rollback_to_the_same_snapshot_is_refused_and_changes_nothing(
    state: WorldState,
) -> None:
    snapshot = state.snapshot()
    state.set_balance(ALICE, 1)
    state.rollback(snapshot)
    state.set_balance(ALICE, 2)
    with pytest.raises(UnknownStateSnapshot):
        state.rollback(snapshot)
    assert state.get_balance(ALICE) == 2


def test_a_chain_goes_back_to_the_same_snapshot_twice() -> None:
    chain = Blockchain.in_memory()
    snapshot, before = chain.snapshot(), chain.head
    for value in (1, 2):
        chain.send(ALICE, value=value)
        assert chain.balance(ALICE) == value
        assert chain.revert(snapshot) == before
        assert chain.balance(ALICE) == 0


def test_nested_rollbacks_each_undo_their_own_writes(state: WorldState) -> None:
    state.set_storage(ALICE, KEY, ONE)
    outer = state.snapshot()
    state.set_storage(ALICE, KEY, TWO)
    inner = state.snapshot()
    state.set_storage(ALICE, KEY, bytes(32))
    state.delete_account(ALICE)
    state.rollback(inner)
    assert state.get_storage(ALICE, KEY) == TWO
    state.rollback(outer)
    assert state.get_storage(ALICE, KEY) == ONE


def test_a_rollback_after_a_commit_is_refused(state: WorldState) -> None:
    snapshot = state.snapshot()
    state.set_balance(ALICE, 1)
    root, _ = state.commit()
    with pytest.raises(UnknownStateSnapshot):
        state.rollback(snapshot)
    assert state.compute_root() == root
    assert state.get_balance(ALICE) == 1


def test_a_rollback_after_a_commit_undoes_only_what_came_after(
    state: WorldState,
) -> None:
    state.set_storage(ALICE, KEY, ONE)
    root, _ = state.commit()
    snapshot = state.snapshot()
    state.set_storage(ALICE, KEY, TWO)
    state.compute_root()
    state.rollback(snapshot)
    assert state.get_storage(ALICE, KEY) == ONE
    assert state.compute_root() == root


def test_an_account_created_again_has_none_of_its_old_storage(
    state: WorldState,
) -> None:
    state.set_storage(ALICE, KEY, ONE)
    state.commit()
    snapshot = state.snapshot()
    state.delete_account(ALICE)
    state.set_nonce(ALICE, 1)
    assert state.get_storage(ALICE, KEY) == bytes(32)
    state.rollback(snapshot)
    assert state.get_storage(ALICE, KEY) == ONE


def test_a_chain_reverts_after_blocks_were_written_and_opened_again(
    tmp_path: Path,
) -> None:
    with Blockchain.open(tmp_path) as chain:
        chain.send(ALICE, value=1)
        snapshot, before = chain.snapshot(), chain.head
        chain.send(ALICE, value=1)
    with Blockchain.open(tmp_path) as chain:
        chain.send(ALICE, value=1)
        assert chain.balance(ALICE) == 3
        assert chain.revert(snapshot) == before
    with LevelDatabase(tmp_path) as database:
        chain = Blockchain(database)
        assert chain.head == before
        assert chain.balance(ALICE) == 1
