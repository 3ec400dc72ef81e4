"""The rules of SQL: what a statement may do, and what its work costs."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from contractvm.guests.capabilities.sql import Sql
from contractvm.guests.errors import GuestError

ENDLESS = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
  SELECT count(*) FROM n"""


class Connection(sqlite3.Connection):
    """Notes how often SQLite is to look at the gas."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.looks: list[tuple[bool, int]] = []

    def set_progress_handler(self, handler: Any, steps: int) -> None:
        self.looks.append((handler is not None, steps))
        super().set_progress_handler(handler, steps)


class Gas:
    """The gas that a run has left, and what it is charged."""

    def __init__(self, gas_left: int = 10**6) -> None:
        self.gas_left = gas_left
        self.charges: list[int] = []

    def charge(self, gas: int) -> None:
        self.charges.append(gas)


@pytest.fixture
def connection() -> Iterator[Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None, factory=Connection)
    made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x)")
    made.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')")
    yield made
    made.close()


def query(sql: Sql, text: str, *parameters: Any, gas: Gas | None = None) -> Any:
    """The rows, or the code of the refusal."""
    (function,) = sql.functions()
    try:
        return function(gas or Gas(), text, list(parameters))
    except GuestError as refusal:
        return refusal.code


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        (True, 1),
        (7, 7),
        ("a", "a"),
        (0.5, {"float": "0.5"}),
        ({"float": "1e3"}, {"float": "1000.0"}),
        ({"blob": "AP8="}, {"blob": "AP8="}),
        ({"blob": ""}, {"blob": ""}),
    ],
)
def test_parameters_that_sqlite_has_a_type_for(
    connection: Connection, given: object, expected: object
) -> None:
    assert query(Sql(connection), "SELECT ?", given) == [[expected]]


@pytest.mark.parametrize(
    "given",
    [
        [],
        {},
        {"float": 1},
        {"blob": 1},
        {"float": "x"},
        {"blob": "*AP8="},
        {"float": "1", "blob": ""},
        {"text": "x"},
        1 << 63,
    ],
)
def test_parameters_that_sqlite_has_no_type_for(
    connection: Connection, given: object
) -> None:
    assert query(Sql(connection), "SELECT ?", given) == 5
    # Nothing is left of the rules of a query.
    connection.execute("CREATE TABLE u (x)")
    assert connection.looks == [(True, 1_000), (False, 0)]


@pytest.mark.parametrize(
    ("gas_left", "charged"), [(0, 200), (199, 200), (200, 400), (1_199, 1_200)]
)
def test_a_query_ends_one_look_after_the_gas(
    connection: Connection, gas_left: int, charged: int
) -> None:
    gas = Gas(gas_left)
    assert query(Sql(connection), ENDLESS, gas=gas) == 5
    assert gas.charges == [charged]


def test_a_query_that_is_over_before_the_first_look_is_free(
    connection: Connection,
) -> None:
    gas = Gas(0)
    assert query(Sql(connection), "SELECT 1", gas=gas) == [[1]]
    assert gas.charges == [0]


def test_a_query_that_ends_pays_for_its_looks(connection: Connection) -> None:
    gas = Gas()
    bounded = ENDLESS.replace("FROM n)", "FROM n WHERE i < 1000)")
    assert query(Sql(connection), bounded, gas=gas) == [[1_000]]
    (charged,) = gas.charges
    assert charged >= 1_000
    assert charged % 200 == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT INTO t VALUES (3, 'three')", [(1,), (2,), (3,)]),
        ("UPDATE t SET id = 5 WHERE id = 2", [(1,), (5,)]),
        ("DELETE FROM t WHERE id = 1", [(2,)]),
    ],
)
def test_rows_change_only_where_that_is_allowed(
    connection: Connection, text: str, expected: list[tuple[int]]
) -> None:
    every = "SELECT id FROM t ORDER BY id"
    assert query(Sql(connection), text) == 4
    assert connection.execute(every).fetchall() == [(1,), (2,)]
    assert query(Sql(connection, readonly=False), text) == []
    assert connection.execute(every).fetchall() == expected


def test_tables_of_sqlite_itself_are_read_only(connection: Connection) -> None:
    sql = Sql(connection, readonly=False)
    assert query(sql, "UPDATE sqlite_sequence SET seq = 9") == 4
    assert query(sql, "SELECT seq FROM sqlite_sequence") == [[2]]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("load_extension", sqlite3.SQLITE_DENY),
        ("fts3_tokenizer", sqlite3.SQLITE_DENY),
        ("hex", sqlite3.SQLITE_OK),
    ],
)
def test_functions_that_reach_further_than_tables_are_refused(
    connection: Connection, name: str, verdict: int
) -> None:
    judge = Sql(connection)._judge
    assert judge(sqlite3.SQLITE_FUNCTION, None, name, None, None) == verdict


def test_limits_by_default(connection: Connection) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    sql = Sql(connection)
    assert len(query(sql, f"{numbers} SELECT i FROM n LIMIT 10000")) == 10_000
    assert query(sql, f"{numbers} SELECT i FROM n LIMIT 10001") == 2
    assert connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) == 1 << 20
    assert connection.getlimit(sqlite3.SQLITE_LIMIT_ATTACHED) == 0


def test_a_number_counts_eight_bytes_and_text_its_own(connection: Connection) -> None:
    sql = Sql(connection, max_bytes=40)
    assert query(sql, "SELECT 1, 2, 3, 4, NULL") == [[1, 2, 3, 4, None]]
    assert query(sql, "SELECT 1, 2, 3, 4, 0.5, 'x'") == 2
    assert query(sql, "SELECT 1, 2, 3, 4, '12345678'") == [[1, 2, 3, 4, "12345678"]]
    assert query(sql, "SELECT 1, 2, 3, 4, x'010203040506070809'") == 2
    assert query(sql, "VALUES (1, 2), (3, 4)") == [[1, 2], [3, 4]]
    assert query(sql, "VALUES (1, 2, 3), (4, 5, 6)") == 2


def test_the_changes_of_a_run_are_one_transaction(connection: Connection) -> None:
    sql = Sql(connection, readonly=False)
    count = "SELECT count(*) FROM t"
    sql.begin()
    assert connection.in_transaction
    query(sql, "DELETE FROM t")
    sql.begin()
    assert connection.execute(count).fetchone() == (2,)
    query(sql, "DELETE FROM t WHERE id = 1")
    sql.commit()
    assert not connection.in_transaction
    sql.discard()
    sql.commit()
    assert connection.execute(count).fetchone() == (1,)
    sql.begin()
    query(sql, "DELETE FROM t")
    sql.discard()
    assert not connection.in_transaction
    assert connection.execute(count).fetchone() == (1,)
