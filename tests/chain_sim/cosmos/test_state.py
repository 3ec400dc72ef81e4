"""Ordered state, its journal and its root, against a dict; stores and their gas."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.cosmos.errors import SdkOutOfGas
from chain_sim.cosmos.gas import (
    SdkGasMeter,
    event_costs,
    reply_costs,
    uncompress_costs,
)
from chain_sim.cosmos.state.multiset_hash import MultisetHash
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.state.stores import WASM, GasStore, prefix_end

KEYS = st.binary(min_size=1, max_size=2)
CHANGES = st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=2)), max_size=20)


def apply(state: OrderedState, model: dict[bytes, bytes], changes: Any) -> None:
    for key, value in changes:
        if value is None:
            state.delete(key)
            model.pop(key, None)
        else:
            state.set(key, value)
            model[key] = value


@given(first=CHANGES, second=CHANGES, bounds=st.tuples(KEYS, KEYS))
def test_state_is_a_sorted_dict_that_can_go_back(
    first: Any, second: Any, bounds: tuple[bytes, bytes]
) -> None:
    state, model = OrderedState(), dict[bytes, bytes]()
    apply(state, model, first)
    mark, kept = state.mark(), dict(model)
    apply(state, model, second)
    start, end = bounds
    inside = sorted(key for key in model if start <= key < end)
    assert list(state.range(start, end)) == [(key, model[key]) for key in inside]
    assert state.following(start, end) == (inside[0] if inside else None)
    assert state.preceding(end, start) == (inside[-1] if inside else None)
    assert list(state.entries().items()) == sorted(model.items())
    state.roll_back(mark)
    assert state.entries() == kept
    assert list(state.entries()) == sorted(kept)


@given(first=CHANGES, second=CHANGES)
def test_the_root_follows_from_the_entries(first: Any, second: Any) -> None:
    state, model, found = OrderedState(), dict[bytes, bytes](), MultisetHash()
    for changes in (first, second):
        apply(state, model, changes)
        sealed = state.seal()
        found.change(
            [(key, new) for key, (_, new) in sealed.items() if new is not None],
            [(key, old) for key, (old, _) in sealed.items() if old is not None],
        )
    fresh = MultisetHash()
    fresh.change(list(model.items()), [])
    assert found.root == fresh.root


def test_where_a_key_ends_matters_to_the_root() -> None:
    one, other = MultisetHash(), MultisetHash()
    one.change([(b"ab", b"c")], [])
    other.change([(b"a", b"bc")], [])
    assert one.root != other.root


@pytest.mark.parametrize(
    ("prefix", "end"), [(b"a", b"b"), (b"a\xff", b"b"), (b"\x03\x00", b"\x03\x01")]
)
def test_the_end_of_a_prefix_follows_all_its_keys(prefix: bytes, end: bytes) -> None:
    assert prefix_end(prefix) == end


def store_with(**entries: str) -> tuple[GasStore, SdkGasMeter]:
    state, meter = OrderedState(), SdkGasMeter()
    for key, value in entries.items():
        state.set(WASM + key.encode(), value.encode())
    return GasStore(state, WASM, meter), meter


def cost(meter: SdkGasMeter, run: Any) -> int:
    before = meter.used
    run()
    return meter.used - before


def test_each_access_costs_by_key_and_value() -> None:
    store, meter = store_with(abc="12")
    assert cost(meter, lambda: store.get(b"abc")) == 1_000 + 3 * 5
    assert cost(meter, lambda: store.get(b"no")) == 1_000 + 3 * 2
    assert cost(meter, lambda: store.has(b"abc")) == 1_000
    assert cost(meter, lambda: store.set(b"k", b"value")) == 2_000 + 30 * 6
    assert cost(meter, lambda: store.set(b"k", b"")) == 2_000 + 30
    assert cost(meter, lambda: store.delete(b"k")) == 1_000


def test_an_iterator_costs_by_where_it_is() -> None:
    store, meter = store_with(a="12", b="3")
    made = store.iterate(b"a", b"c")
    assert meter.used == 3 * 3 + 30
    assert cost(meter, made.move) == 3 * 3 + 30
    assert made.entry == (b"b", b"3")
    assert cost(meter, made.move) == 3 * 2 + 30
    assert made.entry is None
    assert cost(meter, made.move) == 30
    assert cost(meter, lambda: store.iterate(b"x", b"y")) == 30


def test_a_reverse_iterator_ends_with_the_first() -> None:
    store, _ = store_with(a="1", b="2", c="3")
    made = store.iterate(b"a", b"c", is_reverse=True)
    found = []
    while made.entry is not None:
        found.append(made.entry)
        made.move()
    assert found == [(b"b", b"2"), (b"a", b"1")]


@pytest.mark.parametrize(("limit", "fits"), [(10, True), (9, False)])
def test_a_meter_is_full_at_its_limit(limit: int, fits: bool) -> None:
    meter = SdkGasMeter(limit)
    if fits:
        meter.consume(10, "x")
        assert (meter.left, meter.is_full) == (0, True)
    else:
        with pytest.raises(SdkOutOfGas, match="location: x"):
            meter.consume(10, "x")
        assert meter.used_to_limit == limit


def test_a_meter_takes_over_no_more_than_a_limit() -> None:
    inner, outer = SdkGasMeter(10), SdkGasMeter()
    inner.consume(6, "a")
    with pytest.raises(SdkOutOfGas):
        inner.consume(6, "b")
    outer.take_over(inner)
    assert outer.used == sum(outer.by_descriptor.values()) == 10


def test_formulas_of_gas() -> None:
    long = [("x" * 100, "myData")]
    assert event_costs([], []) == 0
    assert event_costs([("", "")], []) == 10
    assert event_costs([], [("", [])]) == 20
    assert event_costs(long, [("made", [("a", "")])]) == 10 + 6 + 20 + 4 + 10 + 1
    assert reply_costs([("foo", [("myKey", "myData")])], 2_000) == 2_013
    assert reply_costs([("foo", long)], 2_000) == 2_019
    assert [uncompress_costs(size) for size in (0, 6, 7, 819_200)] == [0, 0, 1, 122_880]
