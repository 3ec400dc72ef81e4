"""SQL on a SQLite database, with bounded work and nothing but tables in reach."""

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from contractvm.guests.capabilities.codes import FAILED, NOT_ALLOWED, TOO_LARGE
from contractvm.guests.errors import GuestError
from contractvm.guests.frame import Context
from contractvm.guests.host_functions import HostFunctionSpec, host_function

# Instructions of SQLite's machine between two looks at the gas, and gas for so many.
STEPS = 1_000
GAS_PER_STEPS = 200

READS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
WRITES = frozenset(
    {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
)
REFUSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer"})


class Sql:
    """Statements on a database that the caller opened for this capability alone.

    Guests import `query(sql, parameters) -> rows` from `capability:sql`: parameters are
    a JSON list, rows a JSON list of lists. Blobs are `{"blob": base64}`, floats
    `{"float": text}`, in both directions. Refusals: -4 for what is not allowed (a
    statement that is neither a query nor, unless `readonly`, a change of rows), -5 for
    an error of SQLite, -2 for more than `max_rows` or `max_bytes`. SQLite's work costs
    gas and ends where that does.

    `connection` is best made with `isolation_level=None`; the changes of a run are one
    transaction. A query without ORDER BY gives the order that SQLite has, which a tape
    keeps.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        readonly: bool = True,
        max_rows: int = 10_000,
        max_bytes: int = 1 << 20,
    ) -> None:
        self._connection = connection
        self._allowed = READS if readonly else READS | WRITES
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max_bytes)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)

    def functions(self) -> Sequence[HostFunctionSpec]:
        """The function of `capability:sql`."""
        return [
            host_function(
                self._query, module="capability:sql", name="query", charge=200
            )
        ]

    def begin(self) -> None:
        """Begin a transaction."""
        self._end("ROLLBACK")
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        """Commit the run's changes."""
        self._end("COMMIT")

    def discard(self) -> None:
        """Roll the run's changes back."""
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        if self._connection.in_transaction:
            self._connection.execute(statement)

    def _query(self, context: Context, sql: str, parameters: list[Any]) -> list[Any]:
        steps = 0
        most = context.gas_left // GAS_PER_STEPS

        def count() -> bool:
            nonlocal steps
            steps += 1
            return steps > most

        self._connection.set_progress_handler(count, STEPS)
        self._connection.set_authorizer(self._judge)
        try:
            rows = self._rows(sql, [_parameter(value) for value in parameters])
        except sqlite3.DatabaseError as error:
            context.charge(steps * GAS_PER_STEPS)
            is_refused = "not authorized" in str(error) or "prohibited" in str(error)
            raise GuestError(NOT_ALLOWED if is_refused else FAILED) from error
        except (sqlite3.Warning, ValueError, OverflowError) as error:
            raise GuestError(FAILED) from error
        finally:
            self._connection.set_authorizer(None)
            self._connection.set_progress_handler(None, 0)
        context.charge(steps * GAS_PER_STEPS)
        return rows

    def _rows(self, sql: str, parameters: list[Any]) -> list[Any]:
        rows: list[Any] = []
        size = 0
        cursor = self._connection.execute(sql, parameters)
        try:
            for row in cursor:
                size += sum(_size(value) for value in row)
                if len(rows) == self._max_rows or size > self._max_bytes:
                    raise GuestError(TOO_LARGE)
                rows.append([_tagged(value) for value in row])
        finally:
            cursor.close()
        return rows

    def _judge(self, action: int, *facts: str | None) -> int:
        if action not in self._allowed:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and facts[1] in REFUSED_FUNCTIONS:
            return sqlite3.SQLITE_DENY
        is_write = action in WRITES
        if is_write and str(facts[0]).lower().startswith("sqlite_"):
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | bytes) else 8


def _tagged(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"blob": b64encode(value).decode()}
    if isinstance(value, float):
        return {"float": repr(value)}
    return value


def _parameter(value: Any) -> Any:
    """A JSON value as a parameter; GuestError for one that SQLite has no type for."""
    if isinstance(value, dict) and len(value) == 1:
        ((kind, text),) = value.items()
        if kind == "float" and isinstance(text, str):
            return float(text)
        if kind == "blob" and isinstance(text, str):
            return b64decode(text, validate=True)
    if value is None or isinstance(value, bool | int | str | float):
        return value
    raise GuestError(FAILED)
