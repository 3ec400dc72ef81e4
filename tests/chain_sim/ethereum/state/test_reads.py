"""What states of one root share: reads of the database, and nothing that they write."""

import pytest

from chain_sim import Blockchain
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.state.reads import MAX_KEPT, StateReads
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.node_cache import NodeCache

ALICE, BOB = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
SLOT = bytes(31) + b"\1"
ONE, TWO, ZERO = bytes(31) + b"\1", bytes(31) + b"\2", bytes(32)


class CountingDatabase(MemoryDatabase):
    """Counts the reads of nodes and of code."""

    reads = 0

    def get(self, key: bytes) -> bytes | None:
        self.reads += key[:1] in (keys.NODE, keys.CODE)
        return super().get(key)


class Opened:
    """A state in a database, and a way to open it that shares what is read."""

    def __init__(self) -> None:
        self.database = CountingDatabase()
        state = WorldState(self.database)
        state.set_balance(ALICE, 10)
        state.set_code(ALICE, b"code")
        for number in range(40):
            state.set_storage(ALICE, bytes([number]) * 32, ONE)
        state.set_storage(ALICE, SLOT, ONE)
        self.root, puts = state.commit()
        self.database.write_batch(puts)
        # No cache of nodes: only what the reads keep is not read again.
        self.reads = StateReads(self.database, self.root, NodeCache(0))

    def open(self, kind: type[WorldState] = WorldState) -> WorldState:
        return kind(self.database, self.root, NodeCache(0), self.reads)


def everything(state: WorldState) -> tuple[int, bytes, bytes, bool]:
    return (
        state.get_balance(ALICE),
        state.get_code(ALICE),
        state.get_storage(ALICE, SLOT),
        state.account_exists(BOB),
    )


@pytest.mark.parametrize("kind", [WorldState, RecordingState])
def test_second_state_reads_nothing_of_what_the_first_has_read(
    kind: type[WorldState],
) -> None:
    opened = Opened()
    assert everything(opened.open()) == (10, b"code", ONE, False)
    before = opened.database.reads
    assert everything(opened.open(kind)) == (10, b"code", ONE, False)
    assert opened.database.reads == before


def test_several_slots_are_kept() -> None:
    opened = Opened()
    places = [SLOT, *(bytes([number]) * 32 for number in range(5))]
    assert [opened.open().get_storage(ALICE, key) for key in places] == [ONE] * 6
    before = opened.database.reads
    assert [opened.open().get_storage(ALICE, key) for key in places] == [ONE] * 6
    assert opened.database.reads == before


def test_writes_of_one_state_are_not_seen_by_another() -> None:
    opened = Opened()
    first, second = opened.open(), opened.open()
    first.set_balance(ALICE, 11)
    first.set_storage(ALICE, SLOT, TWO)
    first.set_balance(BOB, 1)
    first.set_code(ALICE, b"other")
    first.commit()
    for state in (second, opened.open()):
        assert everything(state) == (10, b"code", ONE, False)
        assert state.compute_root() == opened.root


def test_cleared_storage_is_empty_whatever_others_have_read() -> None:
    opened = Opened()
    assert opened.open().get_storage(ALICE, SLOT) == ONE
    state = opened.open()
    state.clear_storage(ALICE)
    assert state.get_storage(ALICE, SLOT) == ZERO


def test_slot_that_was_not_read_is_the_same_after_a_root_was_computed() -> None:
    opened, alone = Opened(), Opened()
    shared, own = opened.open(), WorldState(alone.database, alone.root)
    for state in (shared, own):
        state.set_storage(ALICE, bytes([7]) * 32, TWO)
        state.compute_root()
        assert state.get_storage(ALICE, SLOT) == ONE
        assert state.get_storage(ALICE, bytes([7]) * 32) == TWO
        state.set_storage(ALICE, SLOT, TWO)
    assert shared.commit()[0] == own.commit()[0] != opened.root


def test_state_counts_what_it_remembers_whoever_read_it_first() -> None:
    opened = Opened()
    first, second = opened.open(), opened.open()
    for state in (first, second):
        everything(state)
        assert state.remembered_bytes == 3 * 256


def test_kept_reads_are_bounded() -> None:
    opened = Opened()
    for number in range(MAX_KEPT + 1):
        opened.reads.account(Address(number.to_bytes(20, "big")))
        opened.reads.slot(EMPTY_TRIE_ROOT, number.to_bytes(32, "big"))
    kept = vars(opened.reads)
    assert len(kept["_accounts"]) == len(kept["_slots"]) == 1


def test_root_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(MissingNode):
        StateReads(MemoryDatabase(), Hash32(b"\1" * 32), NodeCache())


def test_calls_at_an_unchanged_head_read_the_database_once() -> None:
    database = CountingDatabase()
    chain = Blockchain(database)
    chain.balance(BOB), chain.call(BOB, b"")
    before = database.reads
    for _ in range(3):
        assert chain.balance(BOB) == 0
        chain.call(BOB, b"")
    assert database.reads == before


def test_head_is_read_anew_after_blocks_edits_and_reverts() -> None:
    chain = Blockchain.in_memory()
    snapshot = chain.snapshot()
    assert chain.balance(BOB) == 0
    chain.send(BOB, value=5)
    assert chain.balance(BOB) == 5
    chain.edits.set_balance(BOB, 7)
    assert chain.balance(BOB) == 7
    assert chain.state_at().get_balance(BOB) == 7
    chain.revert(snapshot)
    assert chain.balance(BOB) == 0


def test_changes_of_an_opened_state_are_not_kept() -> None:
    chain = Blockchain.in_memory()
    state = chain.state_at()
    state.set_balance(BOB, 9)
    state.commit()
    assert chain.balance(BOB) == chain.state_at().get_balance(BOB) == 0
