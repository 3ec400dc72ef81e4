"""Differences of two states equal those of two dicts, and few nodes are read."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import NODE, PREIMAGE
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from chain_sim.ethereum.state.state_difference import (
    AccountDifference,
    state_differences,
)
from chain_sim.ethereum.state.world_state import WorldState
from tests.helpers.state_model import ZERO, Model, ModelAccount

POOL = [Address(bytes((byte,)) * 20) for byte in (0, 1, 3, 7, 0xFF)]
SLOTS = [bytes(32), bytes(31) + b"\1", b"\xff" * 32, keccak256(b"slot")]
ONE = bytes(31) + b"\1"

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("balance"), st.sampled_from(POOL), st.integers(0, 3)),
        st.tuples(st.just("nonce"), st.sampled_from(POOL), st.integers(0, 3)),
        st.tuples(st.just("code"), st.sampled_from(POOL), st.sampled_from((b"", b"a"))),
        st.tuples(
            st.just("slot"),
            st.sampled_from(POOL),
            st.tuples(st.sampled_from(SLOTS), st.sampled_from((ZERO, ONE))),
        ),
        st.tuples(st.just("delete"), st.sampled_from(POOL), st.none()),
    ),
    max_size=15,
)


class CountingDatabase(MemoryDatabase):
    """Counts the nodes that are read."""

    node_reads = 0

    def get(self, key: bytes) -> bytes | None:
        self.node_reads += key.startswith(NODE)
        return super().get(key)


def apply(state: WorldState, model: Model, steps: list[tuple[str, Address, object]]):  # type: ignore[no-untyped-def]
    for kind, address, value in steps:
        if kind == "delete":
            state.delete_account(address)
            model.pop(address, None)
            continue
        if kind == "slot":
            key, word = value  # type: ignore[misc]
            old = model.get(address, ModelAccount()).storage.get(key, ZERO)
            state.set_storage(address, key, word)
            if old != word:
                model.setdefault(address, ModelAccount()).storage[key] = word
            continue
        {
            "balance": state.set_balance,
            "nonce": state.set_nonce,
            "code": state.set_code,
        }[kind](address, value)  # type: ignore[operator]
        setattr(model.setdefault(address, ModelAccount()), kind, value)


def shown(difference: AccountDifference) -> tuple[object, ...]:
    return (
        difference.address,
        difference.before is None,
        difference.after is None,
        difference.codes,
        {slot.key: (slot.before, slot.after) for slot in difference.slots},
    )


def expected(before: Model, after: Model) -> list[tuple[object, ...]]:
    """Two full walks, compared."""
    found = []
    for address in sorted(before.keys() | after.keys(), key=keccak256):
        old, new = before.get(address), after.get(address)
        left, right = old or ModelAccount(), new or ModelAccount()
        slots = {
            key: (left.storage.get(key, ZERO), right.storage.get(key, ZERO))
            for key in left.storage.keys() | right.storage.keys()
            if left.storage.get(key, ZERO) != right.storage.get(key, ZERO)
        }
        facts = [(one.nonce, one.balance, one.code) for one in (left, right)]
        if (old is None) == (new is None) and facts[0] == facts[1] and not slots:
            continue
        codes = None if left.code == right.code else (left.code, right.code)
        found.append((address, old is None, new is None, codes, slots))
    return found


@settings(deadline=None)
@given(STEPS, STEPS, st.booleans())
def test_what_differs_is_what_two_full_walks_show(
    first: list[tuple[str, Address, object]],
    second: list[tuple[str, Address, object]],
    is_written: bool,
) -> None:
    """Also of a state that was never written, like that after a transaction."""
    database = MemoryDatabase()
    state = WorldState(database)
    before: Model = {}
    apply(state, before, first)
    root, puts = state.commit()
    database.write_batch(puts)
    after = deepcopy(before)
    later = WorldState(database, root)
    apply(later, after, second)
    if is_written:
        new_root, puts = later.commit()
        database.write_batch(puts)
        later = WorldState(database, new_root)
    earlier = WorldState(database, root)
    forth = state_differences(earlier, later)
    assert [shown(one) for one in forth] == expected(before, after)
    back = state_differences(later, earlier)
    assert [shown(one) for one in back] == expected(after, before)


def numbered(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def test_three_differences_among_many_accounts_read_few_nodes() -> None:
    database = CountingDatabase()
    state = WorldState(database)
    for number in range(20_000):
        state.set_balance(numbered(number), number + 1)
    for slot in range(2_000):
        state.set_storage(numbered(7), slot.to_bytes(32, "big"), ONE)
    root, puts = state.commit()
    database.write_batch(puts)
    state.set_balance(numbered(5), 1_000_000)
    state.set_storage(numbered(7), bytes(32), bytes(31) + b"\2")
    state.delete_account(numbered(9))
    new_root, puts = state.commit()
    database.write_batch(puts)
    before, after = WorldState(database, root), WorldState(database, new_root)
    database.node_reads = 0
    found = list(state_differences(before, after))
    assert {one.address: one.after is None for one in found} == {
        numbered(5): False,
        numbered(7): False,
        numbered(9): True,
    }
    # Two states, three accounts on at most six levels, one slot on at most five.
    assert database.node_reads <= 2 * (3 * 6 + 5)
    assert database.node_reads >= 2 * 4


def test_without_its_preimage_a_key_is_its_hash() -> None:
    database = MemoryDatabase()
    state = WorldState(database)
    state.set_storage(POOL[1], SLOTS[1], ONE)
    root, puts = state.commit()
    known = {key: value for key, value in puts.items() if key[:1] != PREIMAGE}
    assert len(puts) - len(known) == 2
    database.write_batch(known)
    (found,) = state_differences(WorldState(database), WorldState(database, root))
    assert (found.address, found.address_hash) == (None, keccak256(POOL[1]))
    (slot,) = found.slots
    assert (slot.key, slot.key_hash) == (None, Hash32(keccak256(SLOTS[1])))
    assert (slot.before, slot.after) == (ZERO, ONE)
