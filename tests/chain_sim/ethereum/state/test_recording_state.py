"""The part of the prestate that a transaction read."""

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.recording_state import RecordingState

ALICE, BOB, CAROL = (Address(bytes([n]) * 20) for n in (1, 2, 3))
KEY, OTHER = bytes(32), b"\1" * 32
FIVE, SIX = ((n).to_bytes(32, "big") for n in (5, 6))


def prepared() -> RecordingState:
    state = RecordingState(MemoryDatabase())
    state.set_balance(ALICE, 10)
    state.set_code(ALICE, b"code")
    state.set_storage(ALICE, KEY, FIVE)
    state.set_balance(BOB, 20)
    state.end_transaction()
    state.begin_recording()
    return state


def test_nothing_is_noted_that_nobody_looked_at() -> None:
    state = prepared()
    assert state.accounts_before() == {}
    state.get_balance(BOB)
    assert list(state.accounts_before()) == [BOB]
    assert state.slots_before(BOB) == {}


def test_an_account_is_noted_as_it_was_before_the_first_change() -> None:
    state = prepared()
    state.set_balance(ALICE, 1)
    state.set_code(ALICE, b"other code")
    state.add_balance(ALICE, 2)
    before = state.accounts_before()[ALICE]
    assert (before.balance, state.code_of(before)) == (10, b"code")
    assert state.get_code(ALICE) == b"other code"


def test_a_slot_is_noted_as_it_was_whether_it_is_read_or_written_first() -> None:
    state = prepared()
    state.set_storage(ALICE, KEY, SIX)
    assert state.get_storage(ALICE, KEY) == SIX
    assert state.get_storage(ALICE, OTHER) == bytes(32)
    state.set_storage(ALICE, OTHER, SIX)
    assert state.slots_before(ALICE) == {KEY: FIVE, OTHER: bytes(32)}


def test_an_account_that_did_not_exist_is_not_among_them() -> None:
    state = prepared()
    assert not state.account_exists(CAROL)
    state.set_balance(CAROL, 3)
    assert list(state.accounts_before()) == []
    assert state.account_exists(ALICE)
    assert list(state.accounts_before()) == [ALICE]


def test_a_rollback_changes_nothing_of_what_is_noted() -> None:
    state = prepared()
    snapshot = state.snapshot()
    state.set_storage(ALICE, KEY, SIX)
    state.rollback(snapshot)
    assert state.slots_before(ALICE) == {KEY: FIVE}


def test_the_next_recording_begins_with_the_state_as_it_is() -> None:
    state = prepared()
    state.set_storage(ALICE, KEY, SIX)
    state.set_balance(CAROL, 3)
    state.begin_recording()
    assert state.accounts_before() == {}
    state.get_storage(ALICE, KEY)
    state.get_balance(CAROL)
    assert state.slots_before(ALICE) == {KEY: SIX}
    assert list(state.accounts_before()) == [ALICE, CAROL]
