from collections.abc import Callable

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.state.entries import MAX_READ_CODES
from chain_sim.ethereum.state.errors import (
    BalanceOutOfRange,
    NotAStorageSlot,
    UnknownStateSnapshot,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.missing import MissingNode
from contractvm.errors import InternalError
from tests.helpers.state_model import ModelAccount, root_of

ALICE = Address(b"\xaa" * 20)
BOB = Address(b"\xbb" * 20)
CAROL = Address(b"\xcc" * 20)
RIPEMD160 = Address(bytes(19) + b"\3")
ZERO = bytes(32)
ONE = bytes(31) + b"\1"
TWO = bytes(31) + b"\2"


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def state(database: MemoryDatabase) -> WorldState:
    return WorldState(database)


def committed(database: MemoryDatabase, state: WorldState) -> Hash32:
    root, puts = state.commit()
    database.write_batch(puts)
    return root


def test_an_account_never_written_reads_as_zeros(state: WorldState) -> None:
    assert not state.account_exists(ALICE)
    assert state.is_empty(ALICE)
    assert (state.get_nonce(ALICE), state.get_balance(ALICE)) == (0, 0)
    assert (state.get_code(ALICE), state.get_code_hash(ALICE)) == (
        b"",
        EMPTY_CODE_HASH,
    )
    assert state.get_storage(ALICE, ONE) == ZERO
    assert state.compute_root() == EMPTY_TRIE_ROOT


@pytest.mark.parametrize(
    ("nonce", "balance", "code", "is_empty"),
    [
        (0, 0, b"", True),
        (1, 0, b"", False),
        (0, 1, b"", False),
        (0, 0, b"\0", False),
    ],
)
def test_empty_means_no_nonce_balance_or_code(
    state: WorldState, nonce: int, balance: int, code: bytes, is_empty: bool
) -> None:
    state.set_nonce(ALICE, nonce)
    state.set_balance(ALICE, balance)
    state.set_code(ALICE, code)
    state.set_storage(ALICE, ONE, ONE)
    assert state.is_empty(ALICE) == is_empty
    assert state.account_exists(ALICE)


def test_a_known_state_has_its_known_root(state: WorldState) -> None:
    # One account with 1 wei: computed with other programs too.
    state.add_balance(Address(bytes(20)), 1)
    model = {Address(bytes(20)): ModelAccount(balance=1)}
    assert state.compute_root() == root_of(model)


@pytest.mark.parametrize("balance", [0, 2**256 - 1])
def test_balances_reach_from_zero_to_256_bits(state: WorldState, balance: int) -> None:
    state.add_balance(ALICE, 5)
    state.set_balance(ALICE, balance)
    assert state.get_balance(ALICE) == balance


def test_no_balance_goes_below_zero(state: WorldState) -> None:
    state.add_balance(ALICE, 5)
    state.subtract_balance(ALICE, 5)
    with pytest.raises(BalanceOutOfRange) as caught:
        state.subtract_balance(ALICE, 1)
    facts = caught.value.address, caught.value.balance, caught.value.change
    assert facts == (ALICE, 0, -1)
    assert str(caught.value) == f"balance 0 of 0x{'aa' * 20} changed by -1"
    assert state.get_balance(ALICE) == 0


def test_no_balance_outgrows_256_bits(state: WorldState) -> None:
    state.add_balance(ALICE, 2**256 - 1)
    with pytest.raises(BalanceOutOfRange):
        state.add_balance(ALICE, 1)
    assert state.get_balance(ALICE) == 2**256 - 1


def test_adding_nothing_touches_without_creating(state: WorldState) -> None:
    state.add_balance(ALICE, 0)
    state.subtract_balance(BOB, 0)
    assert not state.account_exists(ALICE)
    assert state.touched_addresses() == [ALICE, BOB]


def test_increment_nonce_creates_the_account(state: WorldState) -> None:
    state.increment_nonce(ALICE)
    state.increment_nonce(ALICE)
    assert state.get_nonce(ALICE) == 2


# Storage


def test_a_zero_written_leaves_the_root_of_a_slot_never_written(
    state: WorldState,
) -> None:
    state.set_nonce(ALICE, 1)
    before = state.compute_root()
    state.set_storage(ALICE, ONE, TWO)
    assert state.compute_root() != before
    state.set_storage(ALICE, ONE, ZERO)
    assert state.compute_root() == before


def test_a_write_that_changes_nothing_neither_creates_nor_touches(
    state: WorldState,
) -> None:
    state.set_storage(ALICE, ONE, ZERO)
    assert not state.account_exists(ALICE)
    assert state.touched_addresses() == []


@pytest.mark.parametrize(("key", "value"), [(b"\1", ONE), (ONE, b"\1"), (ONE, b"")])
def test_storage_takes_32_bytes_under_32_only(
    state: WorldState, key: bytes, value: bytes
) -> None:
    with pytest.raises(NotAStorageSlot) as caught:
        state.set_storage(ALICE, key, value)
    assert (caught.value.key, caught.value.value) == (key, value)
    assert not state.account_exists(ALICE)


def test_cleared_storage_has_the_empty_root_and_takes_new_slots(
    database: MemoryDatabase, state: WorldState
) -> None:
    state.set_nonce(ALICE, 1)
    empty = state.compute_root()
    state.set_storage(ALICE, ONE, ONE)
    committed(database, state)
    state.clear_storage(ALICE)
    assert state.get_storage(ALICE, ONE) == ZERO
    assert state.compute_root() == empty
    state.set_storage(ALICE, TWO, TWO)
    model = {ALICE: ModelAccount(nonce=1, storage={TWO: TWO})}
    assert state.compute_root() == root_of(model)


def test_clearing_can_be_rolled_back_after_a_root_was_computed(
    state: WorldState,
) -> None:
    state.set_nonce(ALICE, 1)
    state.set_storage(ALICE, ONE, ONE)
    full = state.compute_root()
    snapshot = state.snapshot()
    state.clear_storage(ALICE)
    state.set_storage(ALICE, TWO, TWO)
    state.compute_root()
    state.rollback(snapshot)
    assert state.get_storage(ALICE, ONE) == ONE
    assert state.get_storage(ALICE, TWO) == ZERO
    assert state.compute_root() == full


# Deletion


def test_a_deleted_account_leaves_no_trace_in_the_root(
    database: MemoryDatabase, state: WorldState
) -> None:
    state.set_balance(BOB, 1)
    before = committed(database, state)
    state.set_balance(ALICE, 1)
    state.set_code(ALICE, b"code")
    state.set_storage(ALICE, ONE, ONE)
    committed(database, state)
    state.delete_account(ALICE)
    assert not state.account_exists(ALICE)
    assert state.get_code(ALICE) == b""
    assert state.get_storage(ALICE, ONE) == ZERO
    assert committed(database, state) == before


def test_an_account_that_comes_again_has_no_old_storage(
    database: MemoryDatabase, state: WorldState
) -> None:
    state.set_nonce(ALICE, 7)
    state.set_storage(ALICE, ONE, ONE)
    committed(database, state)
    state.delete_account(ALICE)
    state.set_nonce(ALICE, 1)
    assert state.get_storage(ALICE, ONE) == ZERO
    root = committed(database, state)
    assert root == root_of({ALICE: ModelAccount(nonce=1)})
    assert WorldState(database, root).get_storage(ALICE, ONE) == ZERO


def test_a_deletion_can_be_rolled_back(
    database: MemoryDatabase, state: WorldState
) -> None:
    state.set_nonce(ALICE, 7)
    state.set_code(ALICE, b"code")
    state.set_storage(ALICE, ONE, ONE)
    before = committed(database, state)
    snapshot = state.snapshot()
    state.delete_account(ALICE)
    state.set_storage(ALICE, ONE, TWO)
    state.rollback(snapshot)
    assert state.get_storage(ALICE, ONE) == ONE
    assert state.get_code(ALICE) == b"code"
    assert committed(database, state) == before


# Touched accounts


def test_touched_empty_accounts_are_destroyed_and_no_others(
    database: MemoryDatabase, state: WorldState
) -> None:
    carol = Address(b"\xcc" * 20)
    for address in (ALICE, BOB, carol):
        state.set_nonce(address, 0)
    state.end_transaction()
    state.touch(BOB)
    state.set_balance(carol, 1)
    state.destroy_empty_touched()
    exist = [state.account_exists(address) for address in (ALICE, BOB, carol)]
    assert exist == [True, False, True]


def test_touches_are_sorted_and_end_with_the_transaction(state: WorldState) -> None:
    state.touch(BOB)
    state.touch(ALICE)
    state.touch(BOB)
    assert state.touched_addresses() == [ALICE, BOB]
    state.end_transaction()
    assert state.touched_addresses() == []


@pytest.mark.parametrize("address", [ALICE, RIPEMD160])
def test_a_touch_is_rolled_back_for_every_address(
    state: WorldState, address: Address
) -> None:
    state.touch(BOB)
    snapshot = state.snapshot()
    state.touch(address)
    state.touch(BOB)
    state.rollback(snapshot)
    assert state.touched_addresses() == [BOB]


# Snapshots


def test_rollback_restores_all_that_a_transaction_can_change(
    state: WorldState,
) -> None:
    state.set_nonce(ALICE, 1)
    state.set_balance(ALICE, 10)
    state.set_code(ALICE, b"old")
    state.set_storage(ALICE, ONE, ONE)
    before = state.compute_root()
    snapshot = state.snapshot()
    state.increment_nonce(ALICE)
    state.add_balance(ALICE, 1)
    state.set_code(ALICE, b"new")
    state.set_storage(ALICE, ONE, TWO)
    state.set_storage(ALICE, TWO, TWO)
    state.rollback(snapshot)
    assert (state.get_nonce(ALICE), state.get_balance(ALICE)) == (1, 10)
    assert state.get_code(ALICE) == b"old"
    assert state.get_storage(ALICE, ONE) == ONE
    assert state.get_storage(ALICE, TWO) == ZERO
    assert state.compute_root() == before


def test_a_fork_has_what_was_committed_and_reads_nothing_again(
    database: MemoryDatabase, state: WorldState
) -> None:
    state.set_storage(ALICE, ONE, ONE)
    state.set_code(ALICE, b"code")
    root = committed(database, state)
    state = WorldState(database, root)
    snapshot = state.snapshot()
    state.set_storage(ALICE, ONE, TWO)
    assert state.get_code(ALICE) == b"code"
    state.rollback(snapshot)
    for key, _ in list(database.iterate(b"")):
        database.write_batch({key: None})
    fork = state.fork()
    assert (fork.get_storage(ALICE, ONE), fork.get_code(ALICE)) == (ONE, b"code")
    assert fork.compute_root() == root
    fork.set_storage(ALICE, ONE, TWO)
    assert state.get_storage(ALICE, ONE) == ONE


def filled(database: MemoryDatabase, state: WorldState) -> WorldState:
    """The state with ALICE and BOB committed, opened anew and read."""
    for address in (ALICE, BOB):
        state.set_balance(address, 5)
        state.set_code(address, b"code")
        state.set_storage(address, ONE, ONE)
    opened = WorldState(database, committed(database, state))
    for address in (ALICE, BOB):
        assert opened.get_code(address) == b"code"
        assert opened.get_storage(address, ONE) == ONE
    return opened


def changed_everywhere(state: WorldState) -> None:
    """A change of each kind of entry that a state keeps."""
    state.set_balance(ALICE, 6)
    state.set_storage(ALICE, ONE, TWO)
    state.set_storage(ALICE, TWO, TWO)
    state.set_code(ALICE, b"other")
    state.clear_storage(BOB)
    state.touch(CAROL)


@pytest.mark.parametrize("is_computed", [False, True])
@pytest.mark.parametrize("is_fork_changed", [False, True])
def test_a_fork_and_its_state_share_no_entry(
    database: MemoryDatabase,
    state: WorldState,
    is_computed: bool,
    is_fork_changed: bool,
) -> None:
    """What one of them has written is in no read, root or commit of the other."""
    opened = filled(database, state)
    fork = opened.fork()
    written, other = (fork, opened) if is_fork_changed else (opened, fork)
    unchanged = WorldState(database, opened.compute_root())
    before = other.remembered_bytes
    changed_everywhere(written)
    if is_computed:
        assert written.compute_root() != unchanged.compute_root()
    assert (other.get_balance(ALICE), other.get_code(ALICE)) == (5, b"code")
    assert other.get_storage(ALICE, ONE) == ONE
    assert other.get_storage(ALICE, TWO) == ZERO
    assert other.get_storage(BOB, ONE) == ONE
    assert other.touched_addresses() == []
    # The one slot that was read for the first time.
    assert other.remembered_bytes == before + 256
    # Still unchanged, so it may be forked.
    assert other.fork().compute_root() == unchanged.compute_root()
    other.set_balance(BOB, 7)
    unchanged.set_balance(BOB, 7)
    assert other.commit() == unchanged.commit()


def test_a_forks_snapshots_are_its_own(
    database: MemoryDatabase, state: WorldState
) -> None:
    opened = filled(database, state)
    fork = opened.fork()
    snapshot = fork.snapshot()
    fork.set_balance(ALICE, 1)
    opened.set_balance(ALICE, 2)
    fork.rollback(snapshot)
    assert (fork.get_balance(ALICE), opened.get_balance(ALICE)) == (5, 2)
    with pytest.raises(UnknownStateSnapshot):
        opened.rollback(snapshot)


def test_codes_that_were_read_are_kept_up_to_a_bound(
    database: MemoryDatabase, state: WorldState
) -> None:
    """The 65th empties what was kept: each is read once more then, and no other is."""
    addresses = [Address(bytes([1, number]) * 10) for number in range(65)]
    for number, address in enumerate(addresses):
        state.set_code(address, b"code %d" % number)
    root = committed(database, state)
    counting = CodeCountingDatabase(database)
    opened = WorldState(counting, root)
    for _ in range(2):
        for address in addresses[:64]:
            opened.get_code(address)
    assert counting.code_reads == MAX_READ_CODES == 64
    assert opened.get_code(addresses[64]) == b"code 64"
    assert counting.code_reads == 65
    for _ in range(2):
        assert opened.get_code(addresses[0]) == b"code 0"
        assert opened.get_code(addresses[64]) == b"code 64"
    assert counting.code_reads == 66


def test_a_fork_does_not_drop_the_codes_of_its_state(
    database: MemoryDatabase, state: WorldState
) -> None:
    addresses = [Address(bytes([1, number]) * 10) for number in range(65)]
    for number, address in enumerate(addresses):
        state.set_code(address, b"code %d" % number)
    counting = CodeCountingDatabase(database)
    counting.write_batch(dict(state.commit()[1]))
    opened = WorldState(counting, state.compute_root())
    assert opened.get_code(addresses[0]) == b"code 0"
    fork = opened.fork()
    for address in addresses:
        fork.get_code(address)
    # The first went over to the fork, which read the others.
    assert counting.code_reads == 65
    assert opened.get_code(addresses[0]) == b"code 0"
    assert counting.code_reads == 65
    assert opened.get_code(addresses[1]) == b"code 1"
    assert counting.code_reads == 66


class CodeCountingDatabase(MemoryDatabase):
    """A copy of a database; counts the reads of code."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__()
        self.write_batch(dict(database.iterate(b"")))
        self.code_reads = 0

    def get(self, key: bytes) -> bytes | None:
        self.code_reads += key.startswith(keys.CODE)
        return super().get(key)


def changed(state: WorldState) -> None:
    state.set_balance(ALICE, 1)


def changed_for_good(state: WorldState) -> None:
    state.set_balance(ALICE, 1)
    state.end_transaction()


def changed_and_hashed(state: WorldState) -> None:
    snapshot = state.snapshot()
    state.set_balance(ALICE, 1)
    state.compute_root()
    state.rollback(snapshot)


@pytest.mark.parametrize("change", [changed, changed_for_good, changed_and_hashed])
def test_a_changed_state_has_no_fork_until_it_is_committed(
    database: MemoryDatabase, state: WorldState, change: Callable[[WorldState], None]
) -> None:
    change(state)
    with pytest.raises(InternalError, match="a fork of a state that is changed"):
        state.fork()
    root = committed(database, state)
    assert state.fork().compute_root() == root


def test_inner_rollback_keeps_outer_changes_and_outer_rollback_none(
    state: WorldState,
) -> None:
    outer = state.snapshot()
    state.set_storage(ALICE, ONE, ONE)
    inner = state.snapshot()
    state.set_storage(ALICE, ONE, TWO)
    state.rollback(inner)
    assert state.get_storage(ALICE, ONE) == ONE
    state.rollback(outer)
    assert state.get_storage(ALICE, ONE) == ZERO
    assert state.compute_root() == EMPTY_TRIE_ROOT


def test_a_snapshot_is_used_up_by_its_rollback_and_by_an_outer_one(
    state: WorldState,
) -> None:
    outer = state.snapshot()
    inner = state.snapshot()
    state.rollback(outer)
    for used_up in (inner, outer):
        with pytest.raises(UnknownStateSnapshot) as caught:
            state.rollback(used_up)
        assert caught.value.snapshot_id == used_up


def test_an_outer_snapshot_survives_an_inner_rollback(state: WorldState) -> None:
    outer = state.snapshot()
    state.rollback(state.snapshot())
    state.rollback(outer)


def test_a_snapshot_ends_with_the_transaction(state: WorldState) -> None:
    snapshot = state.snapshot()
    state.end_transaction()
    with pytest.raises(UnknownStateSnapshot):
        state.rollback(snapshot)


def test_a_thousand_nested_snapshots_roll_back_one_by_one(state: WorldState) -> None:
    snapshots = []
    for depth in range(1025):
        snapshots.append(state.snapshot())
        state.set_storage(ALICE, ONE, depth.to_bytes(32))
    for depth in range(1024, 0, -1):
        state.rollback(snapshots[depth])
        assert state.get_storage(ALICE, ONE) == (depth - 1).to_bytes(32)


# Opening


def test_an_unknown_root_is_refused_at_once(database: MemoryDatabase) -> None:
    root = keccak256(b"nowhere")
    with pytest.raises(MissingNode) as caught:
        WorldState(database, root)
    assert (caught.value.node_hash, caught.value.path) == (root, b"")


def test_a_transaction_begins_with_one_write_of_its_sender(state: WorldState) -> None:
    state.set_balance(ALICE, 10)
    state.set_nonce(ALICE, 4)
    before = state.snapshot()
    state.begin_transaction(ALICE, 10)
    assert (state.get_balance(ALICE), state.get_nonce(ALICE)) == (0, 5)
    with pytest.raises(BalanceOutOfRange) as refusal:
        state.begin_transaction(ALICE, 1)
    assert (refusal.value.balance, refusal.value.change) == (0, -1)
    state.rollback(before)
    assert (state.get_balance(ALICE), state.get_nonce(ALICE)) == (10, 4)


def test_the_next_transaction_can_be_rolled_back_past_its_beginning(
    state: WorldState,
) -> None:
    state.set_balance(ALICE, 1)
    state.end_transaction()
    state.touch(BOB)
    before = state.snapshot()
    state.touch(ALICE)
    state.begin_next_transaction()
    assert state.touched_addresses() == []
    state.set_balance(ALICE, 2)
    assert state.touched_addresses() == [ALICE]
    state.rollback(before)
    assert state.touched_addresses() == [BOB]
    assert state.get_balance(ALICE) == 1


def test_a_state_knows_about_what_it_remembers(database: MemoryDatabase) -> None:
    state = WorldState(database)
    state.set_code(ALICE, b"code" * 100)
    remembered = state.remembered_bytes
    assert remembered >= 400
    before = state.snapshot()
    for number in range(10):
        state.get_balance(Address(bytes([number]) * 20))
        state.get_storage(ALICE, bytes([number]) * 32)
    assert state.remembered_bytes - remembered == 20 * 256
    state.rollback(before)
    assert state.remembered_bytes - remembered == 20 * 256
    committed(database, state)
    assert state.remembered_bytes == 0
