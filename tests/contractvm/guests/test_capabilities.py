"""Capabilities: effects are kept on success only, limits hold, answers replay."""

import http.server
import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from contractvm.guests.capabilities import fetch as fetch_module
from contractvm.guests.capabilities.fetch import Fetch
from contractvm.guests.capabilities.infer import Infer
from contractvm.guests.capabilities.key_value import KeyValue
from contractvm.guests.capabilities.queue import Queue
from contractvm.guests.capabilities.sql import GAS_PER_STEPS, Sql
from contractvm.guests.errors import UnknownImports
from contractvm.guests.guest import Guest
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import HostFailed, LimitReached, RanOutOfGas, Trapped
from contractvm.guests.result import Result
from tests.helpers.guest_programs import CALLER, UNITS_PER_GAS, load

TAKE = '(import "guests" "take" (func $take (param i32 i32) (result i32)))'
FAIL = '(func (export "fail") unreachable)'


def asker(module: str, name: str, params: int = 1) -> Guest:
    """Calls one function with the bytes that it is given, and returns its answer."""
    kinds = "i32 i32 " * params
    arguments = "".join(f"(local.get {at})" for at in range(2 * params))
    return load(
        f"""(import "capability:{module}" "{name}"
          (func $ask (param {kinds}) (result i32))) {TAKE} {CALLER} {FAIL}
        (func (export "ask") (param {kinds}) (result i64)
          (local $n i32) (local $at i32)
          (local.set $n (call $ask {arguments}))
          (if (i32.lt_s (local.get $n) (i32.const 0))
            (then (return (i64.extend_i32_s (local.get $n)))))
          (local.set $at (i32.const 8192))
          (drop (call $take (local.get $at) (local.get $n)))
          (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
                  (i64.extend_i32_u (local.get $n))))"""
    )


STORE = load(
    f"""(import "capability:kv" "get" (func $get (param i32 i32) (result i32)))
    (import "capability:kv" "set" (func $set (param i32 i32 i32 i32) (result i32)))
    (import "capability:kv" "delete" (func $delete (param i32 i32) (result i32)))
    (import "capability:kv" "list" (func $list (param i32 i32 i32) (result i32)))
    (import "capability:kv" "increment" (func $inc (param i32 i32 i64) (result i64)))
    {TAKE} {CALLER} {FAIL}
    (func $taken (param $n i32) (result i64)
      (if (i32.lt_s (local.get $n) (i32.const 0))
        (then (return (i64.extend_i32_s (local.get $n)))))
      (drop (call $take (i32.const 8192) (local.get $n)))
      (i64.or (i64.shl (i64.const 8192) (i64.const 32))
              (i64.extend_i32_u (local.get $n))))
    (func (export "get") (param i32 i32) (result i64)
      (call $taken (call $get (local.get 0) (local.get 1))))
    (func (export "set") (param i32 i32 i32 i32) (result i32)
      (call $set (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "delete") (param i32 i32) (result i32)
      (call $delete (local.get 0) (local.get 1)))
    (func (export "list") (param i32 i32 i32) (result i64)
      (call $taken (call $list (local.get 0) (local.get 1) (local.get 2))))
    (func (export "inc") (param i32 i32 i64) (result i64)
      (call $inc (local.get 0) (local.get 1) (local.get 2)))"""
)


def listed(data: bytes) -> list[bytes]:
    keys = []
    while data:
        length = int.from_bytes(data[:4], "little")
        keys.append(data[4 : 4 + length])
        data = data[4 + length :]
    return keys


@pytest.fixture(params=["dict", "leveldb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "dict":
        yield {}
        return
    plyvel = pytest.importorskip("plyvel", reason="LevelDB is not installed")
    database = plyvel.DB(str(tmp_path / "db"), create_if_missing=True)
    yield database
    database.close()


def content(store: Any) -> dict[bytes, bytes]:
    return dict(store) if isinstance(store, dict) else dict(iter(store))


def test_a_run_sees_its_own_changes_and_success_keeps_them(store: Any) -> None:
    kv = KeyValue(store, b"app/")
    with STORE.instance(capabilities=[kv]) as instance:
        assert instance.call("get", b"a").value == -1
        assert instance.call("set", b"a", b"1").value == 0
        assert instance.call("set", b"c", b"3").value == 0
        assert instance.call("set", b"b", b"2").value == 0
        assert instance.call("get", b"a", returns=bytes).value == b"1"
        assert instance.call("delete", b"c").value == 1
        assert instance.call("delete", b"c").value == 0
        found = instance.call("list", b"", 9, returns=bytes).value
        assert listed(found) == [b"a", b"b"]
        assert content(store) == {}
    assert content(store) == {b"app/a": b"1", b"app/b": b"2"}


@pytest.mark.parametrize("how", ["trap", "exception"])
def test_failure_discards_all_changes(store: Any, how: str) -> None:
    kv = KeyValue(store)
    with suppress(LookupError), STORE.instance(capabilities=[kv]) as instance:
        assert instance.call("set", b"a", b"1").ok
        if how == "exception":
            raise LookupError
        assert isinstance(instance.call("fail").outcome, Trapped)
    assert content(store) == {}


def test_listing_merges_stored_added_and_deleted_keys_in_order(store: Any) -> None:
    with STORE.instance(capabilities=[KeyValue(store, b"p")]) as instance:
        for key in (b"b", b"d", b"f", b"x/1"):
            instance.call("set", key, b"")
    with STORE.instance(capabilities=[KeyValue(store, b"p")]) as instance:
        for key in (b"a", b"e", b"f", b"g"):
            instance.call("set", key, b"n")
        instance.call("delete", b"d")
        for prefix, limit, expected in (
            (b"", 99, [b"a", b"b", b"e", b"f", b"g", b"x/1"]),
            (b"", 3, [b"a", b"b", b"e"]),
            (b"", 0, []),
            (b"x/", 99, [b"x/1"]),
            (b"y", 99, []),
        ):
            found = instance.call("list", prefix, limit, returns=bytes).value
            assert listed(found) == expected


def test_counters_are_little_endian_and_wrap(store: Any) -> None:
    with STORE.instance(capabilities=[KeyValue(store)]) as instance:
        assert instance.call("inc", b"n", 5).value == 5
        assert instance.call("inc", b"n", -7).value == -2
        raw = instance.call("get", b"n", returns=bytes).value
        assert raw == (-2).to_bytes(8, "little", signed=True)
        instance.call("set", b"n", (2**63 - 1).to_bytes(8, "little"))
        assert instance.call("inc", b"n", 1).value == -(2**63)
        instance.call("set", b"n", b"1234567")
        assert instance.call("inc", b"n", 1).value == -3


def test_keys_values_and_bytes_up_to_their_limits(store: Any) -> None:
    kv = KeyValue(store, max_key=3, max_value=4, max_bytes=14)
    with STORE.instance(capabilities=[kv]) as instance:
        assert instance.call("set", b"abc", b"1234").value == 0
        assert instance.call("set", b"abcd", b"1").value == -2
        assert instance.call("set", b"abc", b"12345").value == -2
        assert instance.call("set", b"abc", b"1234").value == 0
        ended = instance.call("set", b"a", b"")
        assert ended.outcome == LimitReached("store_bytes", 14)
    assert content(store) == {}


def test_bytes_that_were_kept_or_forgotten_count_no_more(store: Any) -> None:
    kv = KeyValue(store, max_bytes=8)
    for value in (b"12345", b"54321"):
        with STORE.instance(capabilities=[kv]) as instance:
            assert instance.call("set", b"key", value).value == 0
    with STORE.instance(capabilities=[kv]) as instance:
        ended = instance.call("set", b"key", b"123456")
        assert ended.outcome == LimitReached("store_bytes", 8)
    assert content(store) == {b"key": b"54321"}
    with STORE.instance(capabilities=[kv]) as instance:
        assert instance.call("set", b"key", b"12345").value == 0
    assert content(store) == {b"key": b"12345"}


def test_a_tape_replays_without_the_store(store: Any) -> None:
    guest = asker("kv", "get")
    kv = KeyValue(store)
    with STORE.instance(capabilities=[kv]) as instance:
        instance.call("set", b"key", b"value")
    result = guest.run("ask", (b"key",), capabilities=[kv], record=True)
    assert result.tape is not None
    again = guest.replay(result.tape)
    assert (again.value, again.units_used) == (result.value, result.units_used)


def test_a_missing_capability_is_refused_at_the_run() -> None:
    with pytest.raises(UnknownImports, match=r"capability:kv\.get"):
        asker("kv", "get").run("ask", (b"key",))


# SQL


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, data BLOB)")
    made.execute("INSERT INTO t VALUES (1, 'one', x'00ff'), (2, 'two', NULL)")
    yield made
    made.close()


def query(sql: Sql, text: str, *parameters: Any, **options: Any) -> Any:
    """The rows, or the negative code."""
    result = ask_sql(sql, text, *parameters, **options)
    if isinstance(result.value, int):
        return result.value
    return json.loads(result.value)


def ask_sql(sql: Sql, text: str, *parameters: Any, **options: Any) -> Result:
    guest = asker("sql", "query", 2)
    arguments = text, json.dumps(parameters)
    with guest.instance(capabilities=[sql], **options) as instance:
        result = instance.call("ask", *arguments)
        if result.ok and result.value >= 0:
            length = result.value & 0xFFFF_FFFF
            data = instance._instance.frame.memory.read(8_192, length)
            return result.replaced(value=data)
        return result


def test_rows_come_as_json_with_tagged_blobs_and_floats(
    connection: sqlite3.Connection,
) -> None:
    sql = Sql(connection)
    assert query(sql, "SELECT * FROM t ORDER BY id") == [
        [1, "one", {"blob": "AP8="}],
        [2, "two", None],
    ]
    assert query(sql, "SELECT ?, ?", {"float": "0.1"}, {"blob": "AP8="}) == [
        [{"float": "0.1"}, {"blob": "AP8="}]
    ]
    assert query(sql, "SELECT name FROM t WHERE id = ?", 2) == [["two"]]


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH '/tmp/x.db' AS x",
        "PRAGMA journal_mode = DELETE",
        "SELECT load_extension('x')",
        "INSERT INTO t VALUES (3, 'x', NULL)",
        "CREATE TABLE u (x)",
        "DROP TABLE t",
        "COMMIT",
        "VACUUM INTO '/tmp/x.db'",
    ],
)
def test_what_is_not_a_query_is_refused(
    connection: sqlite3.Connection, text: str
) -> None:
    # VACUUM is refused for its place in a transaction, before its action is judged.
    assert query(Sql(connection), text) == (-5 if text.startswith("VACUUM") else -4)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)


@pytest.mark.parametrize("text", ["SELEC", "SELECT 1; SELECT 2", "SELECT ?", ""])
def test_errors_of_sqlite_are_a_code(connection: sqlite3.Connection, text: str) -> None:
    assert query(Sql(connection), text) in (-5, [])


def test_changes_are_kept_on_success_only(connection: sqlite3.Connection) -> None:
    sql = Sql(connection, readonly=False)
    insert = "INSERT INTO t VALUES (3, 'three', NULL)"
    assert query(sql, insert) == []
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (3,)
    guest = asker("sql", "query", 2)
    with guest.instance(capabilities=[sql]) as instance:
        instance.call("ask", "DELETE FROM t", "[]")
        assert not instance.call("fail").ok
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (3,)
    assert query(sql, "DROP TABLE t") == -4
    assert query(sql, "DELETE FROM sqlite_master") == -5


def test_rows_and_bytes_up_to_their_limits(connection: sqlite3.Connection) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    sql = Sql(connection, max_rows=5, max_bytes=100)
    assert len(query(sql, f"{numbers} SELECT i FROM n LIMIT 5")) == 5
    assert query(sql, f"{numbers} SELECT i FROM n LIMIT 6") == -2
    assert query(sql, "SELECT 'x' || hex(zeroblob(49))") == [["x" + "0" * 98]]
    assert query(sql, "SELECT hex(zeroblob(51))") == -5
    assert query(sql, "SELECT zeroblob(60), zeroblob(60)") == -2


def test_the_work_of_a_query_costs_gas_and_ends_with_it(
    connection: sqlite3.Connection,
) -> None:
    endless = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
      SELECT count(*) FROM n"""
    result = ask_sql(Sql(connection), endless, limits=Limits(gas=100 * GAS_PER_STEPS))
    assert isinstance(result.outcome, RanOutOfGas)
    assert result.gas_used == 100 * GAS_PER_STEPS
    bounded = endless.replace("FROM n)", "FROM n WHERE i < 10000)")
    paid = ask_sql(Sql(connection), bounded)
    assert paid.gas_used > 50 * GAS_PER_STEPS


# Queue and inference


def test_messages_are_handed_over_on_success_only() -> None:
    queue = Queue(max_messages=2, max_bytes=5)
    guest = asker("queue", "put")
    with guest.instance(capabilities=[queue]) as instance:
        assert instance.call("ask", b"abc").ok
        assert instance.call("ask", b"de").ok
        assert queue.messages == []
    assert queue.messages == [b"abc", b"de"]
    for messages, limit in (
        ([b"", b"", b""], LimitReached("messages", 2)),
        ([b"abc", b"def"], LimitReached("message_bytes", 5)),
    ):
        with guest.instance(capabilities=[queue]) as instance:
            results = [instance.call("ask", message) for message in messages]
            assert results[-1].outcome == limit
    assert queue.messages == [b"abc", b"de"]


def test_inference_is_a_function_of_bytes() -> None:
    guest = asker("infer", "infer")
    model = Infer(bytes.upper, charge=123)
    with guest.instance(capabilities=[model]) as instance:
        result = instance.call("ask", b"abc", returns=bytes)
        assert result.value == b"ABC"
        assert result.units_by_host == (123 + 1 + 1 + 21) * UNITS_PER_GAS

    def broken(_: bytes) -> bytes:
        raise RuntimeError("out of memory")

    failed = guest.run("ask", (b"abc",), capabilities=[Infer(broken)])
    assert failed.outcome == HostFailed("infer", "RuntimeError: out of memory")


# Requests


class Handler(http.server.BaseHTTPRequestHandler):
    """Echoes the path, or redirects, or sends much."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        body = b"x" * 2_000 if self.path == "/much" else self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def fetched(fetch: Fetch, **request: Any) -> Any:
    guest = asker("fetch", "fetch")
    with guest.instance(capabilities=[fetch]) as instance:
        result = instance.call("ask", json.dumps(request))
        if result.value < 0:
            return result.value
        length = result.value & 0xFFFF_FFFF
        return json.loads(instance._instance.frame.memory.read(8_192, length))


def local(port: int, **options: Any) -> Fetch:
    return Fetch(
        allow=[f"localhost:{port}"], allow_http=True, allow_inside=True, **options
    )


def test_a_request_to_an_allowed_host(port: int) -> None:
    answer = fetched(local(port), url=f"http://localhost:{port}/a?b=c")
    assert answer["status"] == 200
    assert answer["body"] == "L2E/Yj1j"


def test_redirects_are_not_followed(port: int) -> None:
    answer = fetched(local(port), url=f"http://localhost:{port}/redirect")
    assert answer["status"] == 302
    assert answer["headers"]["location"] == "/elsewhere"


def test_more_than_the_bytes_allowed(port: int) -> None:
    url = f"http://localhost:{port}/much"
    assert fetched(local(port, max_bytes=1_999), url=url) == -2
    assert fetched(local(port, max_bytes=2_000), url=url)["status"] == 200


@pytest.mark.parametrize(
    "request_",
    [
        {"url": "http://localhost:1/"},
        {"url": "http://127.0.0.1:PORT/"},
        {"url": "http://user@localhost:PORT/"},
        {"url": "http://localhost.evil.example:PORT/"},
        {"url": "ftp://localhost:PORT/"},
        {"url": "file:///etc/passwd"},
        {"url": "//localhost:PORT/"},
        {"url": "http://[::1"},
        {"url": "http://localhost:PORT/", "method": "POST"},
        {"url": "http://localhost:PORT/", "method": "get"},
        {"url": "http://localhost:PORT/", "headers": {"Host": "inside"}},
        {"url": "http://localhost:PORT/", "headers": {"transfer-encoding": "x"}},
    ],
)
def test_requests_that_are_not_allowed(request_: dict[str, Any], port: int) -> None:
    url = request_["url"].replace("PORT", str(port))
    assert fetched(local(port), **{**request_, "url": url}) == -4


def test_headers_cannot_smuggle_a_request(port: int) -> None:
    url = f"http://localhost:{port}/"
    assert fetched(local(port), url=url, headers={"a": "b\r\nc: d"}) == -5
    assert fetched(local(port), url=f"{url}a b\r\nx", headers={}) in (-4, -5)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
    ],
)
def test_addresses_inside_are_refused_after_resolving(
    address: str, is_allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(0, 0, 0, "", (address, port))]

    def client(request: Any, target: Any, *_: Any) -> Any:
        seen.append((target.host, target.address, target.port))
        return fetch_module.Response(200, {}, b"ok")

    monkeypatch.setattr(fetch_module.socket, "getaddrinfo", resolve)
    fetch = Fetch(client, allow=["*.example.com"])
    answer = fetched(fetch, url="https://api.example.com/")
    if is_allowed:
        assert answer["status"] == 200
        assert seen == [("api.example.com", address, 443)]
    else:
        assert answer == -4
        assert seen == []
    assert fetched(fetch, url="https://example.com/") == -4
    assert fetched(fetch, url="https://evilexample.com/") == -4
    assert fetched(fetch, url="http://api.example.com/") == -4


def test_so_many_requests_a_run(port: int) -> None:
    guest = asker("fetch", "fetch")
    request = json.dumps({"url": f"http://localhost:{port}/"})
    fetch = local(port, max_calls=2)
    with guest.instance(capabilities=[fetch]) as instance:
        outcomes = [instance.call("ask", request).outcome for _ in range(3)]
    assert outcomes[-1] == LimitReached("requests", 2)


def test_prices_of_capabilities() -> None:
    """In gas a call, besides what bytes cost; a guest's bill is made of them."""
    given = [
        KeyValue({}),
        Queue([].append),
        Sql(sqlite3.connect(":memory:")),
        Fetch(allow=()),
        Infer(bytes.upper),
    ]
    assert {
        f"{spec.module}.{spec.name}": spec.cost.base
        for capability in given
        for spec in capability.functions()
    } == {
        "capability:kv.get": 50,
        "capability:kv.set": 50,
        "capability:kv.delete": 50,
        "capability:kv.list": 50,
        "capability:kv.increment": 100,
        "capability:queue.put": 20,
        "capability:sql.query": 200,
        "capability:fetch.fetch": 10_000,
        "capability:infer.infer": 10_000,
    }
