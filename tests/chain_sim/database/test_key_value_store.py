"""The guarantees of KeyValueStore, for every kind of database."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain_sim.database.errors import DatabaseClosed
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.database.meta_keys import META

# A LevelDatabase has its own entry under META.
KEYS = st.binary(max_size=4).filter(lambda key: not key.startswith(META))
PUTS = st.dictionaries(KEYS, st.binary(max_size=6), max_size=6)
NewDatabase = Callable[[], KeyValueStore]


@pytest.fixture(params=["memory", "level"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[NewDatabase]:
    opened: list[KeyValueStore] = []
    numbers = count()

    def create() -> KeyValueStore:
        if request.param == "memory":
            opened.append(MemoryDatabase())
        else:
            opened.append(LevelDatabase(tmp_path / str(next(numbers))))
        return opened[-1]

    yield create
    for database in opened:
        database.close()


@pytest.fixture
def database(new_database: NewDatabase) -> KeyValueStore:
    return new_database()


def test_what_was_never_put_is_none(database: KeyValueStore) -> None:
    assert database.get(b"n1") is None


@pytest.mark.parametrize("value", [b"", b"\0", b"value" * 100_000])
def test_what_was_put_is_there(database: KeyValueStore, value: bytes) -> None:
    database.write_batch({b"n1": value})
    assert database.get(b"n1") == value


def test_the_empty_key_is_a_key(database: KeyValueStore) -> None:
    database.write_batch({b"": b"value"})
    assert database.get(b"") == b"value"


def test_a_later_value_replaces_an_earlier_one(database: KeyValueStore) -> None:
    database.write_batch({b"n1": b"old"})
    database.write_batch({b"n1": b"new"})
    assert database.get(b"n1") == b"new"


def test_deleting_takes_away_and_forgives_what_is_missing(
    database: KeyValueStore,
) -> None:
    database.write_batch({b"n1": b"value"})
    database.write_batch({}, deletes=[b"n1", b"n2"])
    assert database.get(b"n1") is None


def test_a_key_both_deleted_and_put_has_the_value(database: KeyValueStore) -> None:
    database.write_batch({b"n1": b"old"})
    database.write_batch({b"n1": b"new"}, deletes=[b"n1"])
    assert database.get(b"n1") == b"new"


def test_iteration_is_in_order_and_within_the_prefix(database: KeyValueStore) -> None:
    database.write_batch(
        {b"o": b"4", b"n\xff\xff": b"3", b"n": b"1", b"n\x00": b"2", b"l": b"0"}
    )
    assert list(database.iterate(b"n")) == [
        (b"n", b"1"),
        (b"n\x00", b"2"),
        (b"n\xff\xff", b"3"),
    ]
    assert list(database.iterate(b"q")) == []


def test_a_prefix_of_ff_bytes_has_an_end_too(database: KeyValueStore) -> None:
    database.write_batch({b"\xfe": b"0", b"\xff": b"1", b"\xff\xff": b"2"})
    assert [key for key, _ in database.iterate(b"\xff")] == [b"\xff", b"\xff\xff"]


def test_iteration_shows_the_database_as_it_was_at_the_call(
    database: KeyValueStore,
) -> None:
    database.write_batch({b"n1": b"old", b"n2": b"old"})
    entries = database.iterate(b"n")
    database.write_batch({b"n1": b"new", b"n3": b"new"}, deletes=[b"n2"])
    assert list(entries) == [(b"n1", b"old"), (b"n2", b"old")]


def test_closing_twice_is_no_fault(database: KeyValueStore) -> None:
    database.write_batch({b"n": b"1"})
    for _ in range(2):
        database.close()
        with pytest.raises(DatabaseClosed):
            database.get(b"n")


@pytest.mark.parametrize(
    "use",
    [
        lambda database: database.get(b"n"),
        lambda database: database.iterate(b"n"),
        lambda database: database.write_batch({b"n": b"1"}),
        lambda database: database.write_batch({}),
    ],
)
def test_use_after_close_is_named(
    database: KeyValueStore, use: Callable[[KeyValueStore], object]
) -> None:
    database.close()
    with pytest.raises(DatabaseClosed):
        use(database)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(PUTS, st.lists(KEYS, max_size=3)), max_size=6), KEYS)
def test_content_equals_a_dict_after_any_batches(
    new_database: NewDatabase,
    batches: list[tuple[dict[bytes, bytes], list[bytes]]],
    prefix: bytes,
) -> None:
    database = new_database()
    model: dict[bytes, bytes] = {}
    for puts, deletes in batches:
        database.write_batch(puts, deletes)
        for key in deletes:
            model.pop(key, None)
        model.update(puts)
    found = [
        entry for entry in database.iterate(prefix) if not entry[0].startswith(META)
    ]
    assert found == sorted(item for item in model.items() if item[0].startswith(prefix))
    database.close()
