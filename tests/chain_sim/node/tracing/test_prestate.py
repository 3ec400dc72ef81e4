"""Accounts before and after a transaction, as far as it read them."""

from collections.abc import Callable

import pytest

from chain_sim import MemoryDatabase
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.node.documents import Document
from chain_sim.node.tracing.prestate import PrestateConfig, prestate

ALICE, BOB, CAROL = (Address(bytes([number]) * 20) for number in (1, 2, 3))
SLOT, ONE, TWO, ZERO = (number.to_bytes(32, "big") for number in (9, 1, 2, 0))
TEXT = {address: "0x" + address.hex() for address in (ALICE, BOB, CAROL)}


def word(value: bytes) -> str:
    return "0x" + value.hex()


@pytest.fixture
def state() -> RecordingState:
    """Alice has ether, Bob a contract with one slot, Carol nothing."""
    found = RecordingState(MemoryDatabase())
    found.set_balance(ALICE, 5)
    found.set_nonce(ALICE, 1)
    found.set_code(BOB, b"old")
    found.set_storage(BOB, SLOT, ONE)
    found.begin_recording()
    return found


def difference(state: RecordingState, **options: bool) -> tuple[Document, Document]:
    found = prestate(state, PrestateConfig(is_difference=True, **options))
    assert found.keys() == {"pre", "post"}
    return found["pre"], found["post"]


def test_accounts_that_were_only_read_are_no_difference(state: RecordingState) -> None:
    for address in (ALICE, BOB, CAROL):
        state.get_account(address)
    state.get_storage(BOB, SLOT)
    assert difference(state) == ({}, {})
    assert prestate(state, PrestateConfig()) == {
        TEXT[ALICE]: {"balance": "0x5", "nonce": 1},
        TEXT[BOB]: {
            "balance": "0x0",
            "code": word(b"old"),
            "storage": {word(SLOT): word(ONE)},
        },
    }


def test_the_difference_goes_on_after_an_account_that_was_only_read(
    state: RecordingState,
) -> None:
    state.get_account(ALICE)
    state.set_balance(CAROL, 3)
    assert difference(state) == ({}, {TEXT[CAROL]: {"balance": "0x3"}})


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda state: state.set_code(BOB, b"new"), {"code": word(b"new")}),
        (lambda state: state.set_balance(BOB, 7), {"balance": "0x7"}),
        (lambda state: state.set_nonce(BOB, 8), {"nonce": 8}),
    ],
)
def test_what_changed_of_an_account_is_the_difference(
    state: RecordingState, change: Callable[[RecordingState], object], after: Document
) -> None:
    change(state)
    pre, post = difference(state)
    assert pre == {TEXT[BOB]: {"balance": "0x0", "code": word(b"old")}}
    assert post == {TEXT[BOB]: after}


def test_code_and_storage_are_left_out_where_not_wanted(state: RecordingState) -> None:
    state.set_code(BOB, b"new")
    state.set_storage(BOB, SLOT, TWO)
    assert difference(state, has_code=False) == (
        {TEXT[BOB]: {"balance": "0x0", "storage": {word(SLOT): word(ONE)}}},
        {TEXT[BOB]: {"storage": {word(SLOT): word(TWO)}}},
    )
    assert difference(state, has_storage=False) == (
        {TEXT[BOB]: {"balance": "0x0", "code": word(b"old")}},
        {TEXT[BOB]: {"code": word(b"new")}},
    )
    assert difference(state, has_code=False, has_storage=False) == ({}, {})


def test_a_slot_that_is_zero_now_is_not_there(state: RecordingState) -> None:
    state.set_storage(BOB, SLOT, ZERO)
    assert difference(state, has_code=False) == (
        {TEXT[BOB]: {"balance": "0x0", "storage": {word(SLOT): word(ONE)}}},
        {TEXT[BOB]: {}},
    )
