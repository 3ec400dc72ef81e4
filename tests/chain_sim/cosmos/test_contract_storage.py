"""What a chain supplies to a contract: keys with their gas, and addresses."""

from collections.abc import Callable

import pytest

from chain_sim.cosmos.addresses import AddressBook
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.gas import SdkGasMeter
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.backend import MAX_ITERATORS, ChainApi, ContractStorage
from contractvm.hosts.cosmwasm.backend import AddressRefused, Cost, Order
from contractvm.hosts.cosmwasm.bech32 import encode
from contractvm.hosts.cosmwasm.errors import BackendErr, BackendOutOfGas

MULTIPLIER = 140_000
ADDRESS = b"\7" * 32
# Of each key in the store: a byte for contracts' keys, and the address.
PREFIX = 33


def context(limit: int | None = None) -> Context:
    meter = SdkGasMeter() if limit is None else SdkGasMeter(limit)
    return Context(
        find_rules("wasmd-0.54.0"),
        AddressBook("cosmos"),
        OrderedState(),
        BlockInfo(1, 1, "test-1"),
        meter,
    )


def gas(sdk: int) -> Cost:
    return Cost(external=sdk * MULTIPLIER)


def test_keys_are_apart_from_those_of_other_contracts() -> None:
    shared = context()
    one, other = (ContractStorage(shared, bytes([n]) * 32) for n in (1, 2))
    one.set(b"k", b"1")
    other.set(b"k", b"2")
    assert (one.get(b"k")[0], other.get(b"k")[0]) == (b"1", b"2")
    one.remove(b"k")
    assert (one.get(b"k")[0], other.get(b"k")[0]) == (None, b"2")
    number, _ = other.scan(None, None, Order.ASCENDING)
    assert other.next(number)[0] == (b"k", b"2")
    assert other.next(number) == (None, Cost())


def test_access_costs_the_sdks_gas_in_the_contracts() -> None:
    storage = ContractStorage(context(), ADDRESS)
    assert storage.set(b"key", b"value") == gas(2_000 + 30 * (PREFIX + 8))
    assert storage.get(b"key") == (b"value", gas(1_000 + 3 * (PREFIX + 8)))
    assert storage.get(b"no") == (None, gas(1_000 + 3 * (PREFIX + 2)))
    step = gas(30 + 3 * (PREFIX + 8))
    assert storage.scan(None, None, Order.ASCENDING) == (0, step)
    assert storage.scan(b"l", None, Order.ASCENDING) == (1, gas(30))
    assert storage.next(0) == ((b"key", b"value"), step)
    assert storage.next(0) == (None, Cost())
    assert storage.remove(b"key") == gas(1_000)


@pytest.mark.parametrize(
    ("start", "end", "order", "keys"),
    [
        (None, None, Order.ASCENDING, "abc"),
        (None, None, Order.DESCENDING, "cba"),
        (b"b", None, Order.ASCENDING, "bc"),
        (None, b"c", Order.DESCENDING, "ba"),
        (b"b", b"c", Order.ASCENDING, "b"),
        (b"c", b"b", Order.ASCENDING, ""),
    ],
)
def test_ranges_are_walked_in_either_order(
    start: bytes | None, end: bytes | None, order: Order, keys: str
) -> None:
    storage = ContractStorage(context(), ADDRESS)
    for key in (b"b", b"c", b"a"):
        storage.set(key, key)
    number, _ = storage.scan(start, end, order)
    found = []
    while (entry := storage.next(number)[0]) is not None:
        found.append(entry)
    assert found == [(key.encode(), key.encode()) for key in keys]


def test_an_unknown_iterator_is_an_error() -> None:
    storage = ContractStorage(context(), ADDRESS)
    storage.scan(None, None, Order.ASCENDING)
    assert storage.next(0)[0] is None
    with pytest.raises(BackendErr, match="Iterator with ID 1 does not exist"):
        storage.next(1)


def test_iterators_are_limited() -> None:
    storage = ContractStorage(context(), ADDRESS)
    for number in range(MAX_ITERATORS):
        assert storage.scan(None, None, Order.ASCENDING)[0] == number
    with pytest.raises(BackendErr, match=r"Reached iterator limit \(32768\)"):
        storage.scan(None, None, Order.ASCENDING)


@pytest.mark.parametrize(
    ("enough", "access"),
    [
        (1_000 + 3 * (PREFIX + 1), lambda storage: storage.get(b"k")),
        (2_000 + 30 * (PREFIX + 2), lambda storage: storage.set(b"k", b"v")),
        (1_000, lambda storage: storage.remove(b"k")),
        (30, lambda storage: storage.scan(None, None, Order.ASCENDING)),
    ],
)
def test_the_chains_gas_ends_an_access(
    enough: int, access: Callable[[ContractStorage], object]
) -> None:
    access(ContractStorage(context(enough), ADDRESS))
    with pytest.raises(BackendOutOfGas):
        access(ContractStorage(context(enough - 1), ADDRESS))


def test_the_chains_gas_ends_a_walk() -> None:
    step = 30 + 3 * (PREFIX + 2)
    for missing in (0, 1):
        surroundings = context(2_000 + 30 * (PREFIX + 2) + 2 * step - missing)
        storage = ContractStorage(surroundings, ADDRESS)
        storage.set(b"k", b"v")
        storage.scan(None, None, Order.ASCENDING)
        if missing:
            with pytest.raises(BackendOutOfGas):
                storage.next(0)
        else:
            assert storage.next(0) == ((b"k", b"v"), gas(step))


TEXT = encode("cosmos", bytes(20))
CANONICALIZE, HUMANIZE, BOTH = (Cost(n * MULTIPLIER) for n in (4, 5, 9))


def test_addresses_cost_the_contract_by_their_conversions() -> None:
    api = ChainApi(context())
    assert api.canonicalize(TEXT) == (bytes(20), CANONICALIZE)
    assert api.humanize(bytes(20)) == (TEXT, HUMANIZE)
    assert api.validate(TEXT) == BOTH
    assert api.humanize(bytes(255))[0] == encode("cosmos", bytes(255))


@pytest.mark.parametrize(
    ("given", "reason", "cost"),
    [
        (TEXT.upper(), "address not normalized", BOTH),
        (" ", "empty address string is not allowed", CANONICALIZE),
        ("x", "decoding bech32 failed: invalid separator index -1", CANONICALIZE),
        (
            encode("wasm", bytes(20)),
            "invalid Bech32 prefix; expected cosmos, got wasm",
            CANONICALIZE,
        ),
        (
            encode("cosmos", b""),
            "addresses cannot be empty: unknown address",
            CANONICALIZE,
        ),
        (
            encode("cosmos", bytes(256)),
            "address max length is 255, got 256: unknown address",
            CANONICALIZE,
        ),
    ],
)
def test_an_address_is_refused_in_the_chains_words(
    given: str, reason: str, cost: Cost
) -> None:
    api = ChainApi(context())
    with pytest.raises(AddressRefused) as caught:
        api.validate(given)
    assert (caught.value.reason, caught.value.cost) == (reason, cost)
    if cost == CANONICALIZE:
        with pytest.raises(AddressRefused) as caught:
            api.canonicalize(given)
        assert (caught.value.reason, caught.value.cost) == (reason, cost)


def test_no_bytes_are_no_address() -> None:
    with pytest.raises(AddressRefused) as caught:
        ChainApi(context()).humanize(b"")
    assert caught.value.reason == "addresses cannot be empty: unknown address"
    assert caught.value.cost == HUMANIZE


def test_an_address_book_forgets_when_it_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chain_sim.cosmos.addresses.MAX_KEPT", 2)
    book = AddressBook("cosmos")
    texts = [book.text(bytes([number]) * 20) for number in range(5)]
    assert [book.data(text) for text in texts] == [bytes([n]) * 20 for n in range(5)]
    assert (len(book._texts), len(book._data)) == (1, 1)
