"""The example service of guests, called as ASGI says, without a server."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from contractvm import Quota
from tests.helpers.examples import example
from tests.helpers.wat import wat_to_wasm

httpx = pytest.importorskip("httpx", reason="the examples' packages are not installed")
pytest.importorskip("starlette", reason="the examples' packages are not installed")

from examples.guest_service import modules  # noqa: E402 (after the packages' check)
from examples.guest_service.app import make_app  # noqa: E402
from examples.guest_service.modules import MAX_MODULE_BYTES  # noqa: E402
from examples.guest_service.page import POLICY, STYLE, shown  # noqa: E402
from examples.guest_service.tenants import MAX_MODULES, MAX_RUNS, Tenant  # noqa: E402

SHOUT = example("guests/shout.wasm")
SHOUT_ID = sha256(SHOUT).hexdigest()
HELLO_GAS = 4_378  # of `hello`, from 43,776,593 units rounded up
BURST = 50_000_000
SECOND = 10**9
WASI = "wasi_snapshot_preview1"
SPIN = '(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))'
# Writes its 64 KiB of memory to a descriptor, again and again.
FLOOD = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 4) "\\00\\40\\00\\00")
  (func (export "_start")
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))))"""


@dataclass
class Service:
    """Two tenants' clients, and the clock of both quotas in nanoseconds."""

    alice: Any
    bob: Any
    nobody: Any
    tenants: dict[str, Tenant]
    now: list[int]


def serve(
    test: Callable[[Service], Awaitable[None]],
    *,
    gas_per_second: int = 1_000,
    burst: int = BURST,
    runs: int = 4,
) -> None:
    """Run a test with a fresh service."""
    now = [0]
    tenants = {
        f"key-of-{name}": Tenant(
            name, Quota(gas_per_second, burst, runs=runs, clock=lambda: now[0])
        )
        for name in ("alice", "bob")
    }

    async def main() -> None:
        transport = httpx.ASGITransport(app=make_app(tenants))
        clients = [
            httpx.AsyncClient(
                transport=transport, base_url="http://service", headers=headers
            )
            for headers in (
                {"authorization": "Bearer key-of-alice"},
                {"authorization": "Bearer key-of-bob"},
                {},
            )
        ]
        await test(Service(*clients, tenants, now))
        for client in clients:
            await client.aclose()

    asyncio.run(main())


async def upload(client: Any, wasm: bytes, name: str = "shout") -> str:
    answer = await client.post("/modules", params={"name": name}, content=wasm)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def test_a_module_is_uploaded_with_its_needs_and_runs() -> None:
    async def test(service: Service) -> None:
        answer = await service.alice.post("/modules?name=shout", content=SHOUT)
        assert answer.status_code == 201
        assert answer.json() == {
            "id": SHOUT_ID,
            "needs": {
                "bytes": len(SHOUT),
                "memory_pages": [2, None],
                "imports": [f"{WASI}.{name}" for name in IMPORTS],
                "exports": ["_start"],
            },
        }
        again = await service.alice.post("/modules", content=SHOUT)
        assert again.status_code == 200
        run = await service.alice.post(
            f"/modules/{SHOUT_ID}/runs?gas=10000", content=b"hello"
        )
        assert run.status_code == 200
        assert run.json() == {
            "run": 1,
            "module": SHOUT_ID,
            "outcome": "exited with code 0",
            "ok": True,
            "gas": HELLO_GAS,
            "gas_limit": 10_000,
            "units": {"guest": 43_776_593 - 3_760_000, "host": 3_760_000},
            "host_calls": {"fd_read": 2, "fd_write": 1},
            "stdout": "HELLO",
            "log": "",
            "log_is_cut": False,
        }
        assert (await service.alice.get("/runs/1")).json() == run.json()
        stdout = await service.alice.get("/runs/1/stdout")
        assert stdout.content == b"HELLO"
        assert stdout.headers["content-type"] == "application/octet-stream"
        assert (await service.alice.get("/runs/1/other")).status_code == 404

    serve(test)


IMPORTS = ("fd_read", "fd_write", "proc_exit")


def test_an_explained_run_has_the_same_gas_by_function() -> None:
    async def test(service: Service) -> None:
        await upload(service.alice, SHOUT)
        run = await service.alice.post(
            f"/modules/{SHOUT_ID}/runs?explain=1", content=b"hello"
        )
        found = run.json()
        assert found["gas"] == HELLO_GAS
        assert found["making"] == 40_000_000
        assert found["host_functions"] == {"fd_read": 2_170_000, "fd_write": 1_590_000}
        assert found["functions"] == [
            {"name": "_start", "calls": 1, "units": 3_768_194},
            {"name": "capitals", "calls": 1, "units": 7_823},
            {"name": "check", "calls": 3, "units": 576},
        ]
        page = (await see_page(service)).text
        assert "By function of the module" in page
        assert "3,768,194" in page

    serve(test)


def test_json_is_checked_before_it_is_paid_for() -> None:
    async def test(service: Service) -> None:
        await upload(service.alice, SHOUT)
        available = service.tenants["key-of-alice"].quota.available
        headers = {"content-type": "application/json"}
        path = f"/modules/{SHOUT_ID}/runs"
        for bad in (b"{", b"[NaN]", b"\xff", b"[" * 200_000, b""):
            answer = await service.alice.post(path, content=bad, headers=headers)
            assert answer.status_code == 400, bad[:10]
            assert answer.json() == {"error": "the body is not JSON"}
        assert service.tenants["key-of-alice"].quota.available == available
        good = await service.alice.post(path, content=b'{"a": 1}', headers=headers)
        assert good.json()["stdout"] == '{"A": 1}'

    serve(test)


@pytest.mark.parametrize(
    ("wasm", "reasons"),
    [
        (b"", ["unexpected end at byte 0"]),
        (
            wat_to_wasm(
                '(module (import "env" "magic" (func)) (memory (export "memory") 1)'
                ' (func (export "go")))'
            ),
            [
                "it exports no func _start: only WASI programs run here",
                "it imports env.magic: this service has no such function",
            ],
        ),
        (
            wat_to_wasm(
                '(module (import "capability:kv" "get" (func (param i32)))'
                ' (memory (export "memory") 1) (func (export "_start")))'
            ),
            ["it imports capability:kv.get: this service gives no capabilities"],
        ),
        (
            wat_to_wasm(
                '(module (memory (export "memory") 257) (func (export "_start")))'
            ),
            ["257 memory pages, 256 allowed"],
        ),
    ],
)
def test_a_module_that_needs_what_is_missing_is_refused(
    wasm: bytes, reasons: list[str]
) -> None:
    async def test(service: Service) -> None:
        before = service.tenants["key-of-alice"].quota.available
        answer = await service.alice.post("/modules", content=wasm)
        assert answer.status_code == 422
        found = answer.json()
        assert found["reasons"] == reasons
        assert (found["needs"] is None) == (not wasm)
        assert service.tenants["key-of-alice"].modules == {}
        after = service.tenants["key-of-alice"].quota.available
        assert before - after == 2 * len(wasm)

    serve(test)


def test_the_quota_is_exact_and_says_when_to_come_back() -> None:
    burst = 2 * len(SHOUT) + 10_000 + HELLO_GAS

    async def test(service: Service) -> None:
        await upload(service.alice, SHOUT)
        quota = service.tenants["key-of-alice"].quota
        path = f"/modules/{SHOUT_ID}/runs?gas=10000"
        statuses = [
            (await service.alice.post(path, content=b"hello")).status_code
            for _ in range(2)
        ]
        assert statuses == [200, 200]
        assert quota.available == 10_000 - HELLO_GAS
        refused = await service.alice.post(path, content=b"hello")
        assert refused.status_code == 429
        # 4,378 gas are missing; 1,000 come each second.
        assert refused.headers["retry-after"] == "5"
        service.now[0] = HELLO_GAS * SECOND // 1_000 - 1
        refused = await service.alice.post(path, content=b"hello")
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        service.now[0] += 1
        assert (await service.alice.post(path, content=b"hello")).status_code == 200
        await upload(service.bob, SHOUT)
        assert (await service.bob.post(path, content=b"hello")).status_code == 200

    serve(test, burst=burst)


def test_open_runs_are_bounded_and_all_settle() -> None:
    async def test(service: Service) -> None:
        spin = await upload(service.alice, wat_to_wasm(SPIN), "spin")
        before = service.tenants["key-of-alice"].quota.available
        path = f"/modules/{spin}/runs?gas=100000"
        answers = await asyncio.gather(*[service.alice.post(path) for _ in range(5)])
        assert sorted(answer.status_code for answer in answers) == [200] * 2 + [429] * 3
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["retry-after"] == "1"
        assert refused.json() == {"error": "2 runs are open already"}
        done = next(answer for answer in answers if answer.status_code == 200).json()
        assert done["outcome"].startswith("out of gas, ")
        assert not done["ok"]
        assert done["gas"] == 100_000
        after = service.tenants["key-of-alice"].quota.available
        assert before - after == 2 * 100_000

    serve(test, runs=2, gas_per_second=0)


def test_what_can_never_be_paid_is_not_to_be_tried_again() -> None:
    async def test(service: Service) -> None:
        await upload(service.alice, SHOUT)
        path = f"/modules/{SHOUT_ID}/runs"
        burst = service.tenants["key-of-alice"].quota.burst
        answer = await service.alice.post(f"{path}?gas={burst + 1}")
        assert answer.status_code == 400
        for text in ("-1", "1.5", "x", "", "²", "1" * 16):
            answer = await service.alice.post(path, params={"gas": text})
            assert answer.status_code == 400
            assert answer.json() == {"error": "gas is not a whole number"}

    serve(test)


def test_bodies_are_bounded() -> None:
    async def test(service: Service) -> None:
        for size, status in ((MAX_MODULE_BYTES, 422), (MAX_MODULE_BYTES + 1, 413)):
            answer = await service.alice.post("/modules", content=bytes(size))
            assert answer.status_code == status
        await upload(service.alice, SHOUT)
        path = f"/modules/{SHOUT_ID}/runs"
        most = modules.LIMITS.stdin_bytes
        for size, status in ((most, 200), (most + 1, 413)):
            answer = await service.alice.post(path, content=bytes(size))
            assert answer.status_code == status

    serve(test)


def test_the_log_is_bounded() -> None:
    async def test(service: Service) -> None:
        flood = await upload(service.alice, wat_to_wasm(FLOOD), "flood")
        run = (await service.alice.post(f"/modules/{flood}/runs")).json()
        assert run["outcome"] == "exited with code 0"
        assert len(run["log"]) == 16 << 10
        assert run["log_is_cut"]
        log = await service.alice.get("/runs/1/log")
        assert len(log.content) == 16 << 10
        assert log.headers["content-type"] == "text/plain; charset=utf-8"
        assert log.headers["x-content-type-options"] == "nosniff"

    serve(test)


def test_modules_and_runs_are_bounded() -> None:
    async def test(service: Service) -> None:
        for number in range(MAX_MODULES):
            source = f'(module (memory (export "memory") {number})'
            source += ' (func (export "_start")))'
            last = await upload(service.alice, wat_to_wasm(source), str(number))
        full = await service.alice.post("/modules", content=SHOUT)
        assert full.status_code == 409
        assert (await service.alice.delete(f"/modules/{last}")).status_code == 204
        assert (await service.alice.delete(f"/modules/{last}")).status_code == 404
        await upload(service.alice, SHOUT)
        for _ in range(MAX_RUNS + 1):
            await service.alice.post(f"/modules/{SHOUT_ID}/runs", content=b"hello")
        assert (await service.alice.get("/runs/1")).status_code == 404
        assert (await service.alice.get("/runs/2")).status_code == 200
        assert (await service.alice.get(f"/runs/{MAX_RUNS + 1}")).status_code == 200

    serve(test)


def test_tenants_see_nothing_of_each_other() -> None:
    async def test(service: Service) -> None:
        await upload(service.alice, SHOUT, "alice's own")
        await service.alice.post(f"/modules/{SHOUT_ID}/runs", content=b"hello")
        run = await service.bob.post(f"/modules/{SHOUT_ID}/runs", content=b"hello")
        assert run.status_code == 404
        for path in ("/runs/1", "/runs/1/stdout", "/runs/1/log"):
            assert (await service.bob.get(path)).status_code == 404
        assert (await service.bob.delete(f"/modules/{SHOUT_ID}")).status_code == 404
        assert "alice" not in (await see_page(service, "bob")).text

    serve(test)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer ",
        "Bearer key-of-alic",
        "Bearer key-of-alicee",
        "Basic " + base64.b64encode(b"alice:key-of-alice").decode(),
    ],
)
def test_without_a_key_nothing_works(authorization: str) -> None:
    """A password in a browser, which it sends by itself, changes nothing."""

    async def test(service: Service) -> None:
        headers = {"authorization": authorization}
        for method, path in (
            ("POST", "/modules"),
            ("DELETE", f"/modules/{SHOUT_ID}"),
            ("POST", f"/modules/{SHOUT_ID}/runs"),
            ("GET", "/runs/1"),
            ("GET", "/quota"),
        ):
            answer = await service.nobody.request(method, path, headers=headers)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"

    serve(test)


async def see_page(service: Service, name: str = "alice", password: str = "") -> Any:
    password = password or f"key-of-{name}"
    return await service.nobody.get("/", auth=(name, password))


def test_the_page_asks_for_a_password() -> None:
    async def test(service: Service) -> None:
        for headers in (
            {},
            {"authorization": "Basic ?"},
            {"authorization": "Basic /w=="},
        ):
            answer = await service.nobody.get("/", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Basic realm="guests"'
        assert (await see_page(service, password="other")).status_code == 401
        assert (await see_page(service)).status_code == 200

    serve(test)


ALLOWED_ATTRIBUTES = {
    *("lang", "charset", "name", "content", "class", "scope"),
    *("width", "height", "viewbox", "preserveaspectratio", "aria-hidden"),
    *("method", "action", "enctype", "type", "value", "id", "for", "accept"),
    *("required", "maxlength", "autocomplete"),
}


class Tags(HTMLParser):
    """The names of a page's elements and of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


EVIL = '<script src="//evil.example/x.js"></script>\'"&\u202etxt\x1b[31m\x00'


def test_the_page_escapes_what_guests_and_tenants_wrote() -> None:
    async def test(service: Service) -> None:
        await upload(service.alice, SHOUT, EVIL)
        await service.alice.post(f"/modules/{SHOUT_ID}/runs", content=EVIL.encode())
        answer = await see_page(service)
        text = answer.text
        assert "<script" not in text.lower()
        assert "&lt;script src=&quot;//evil.example/x.js&quot;&gt;" in text
        assert "&lt;SCRIPT SRC=&quot;//EVIL.EXAMPLE/X.JS&quot;&gt;" in text
        for hidden in ("\u202e", "\x1b", "\x00"):
            assert hidden not in text
        assert "\\u202e" in text
        # Nothing is fetched and nothing runs: by what it is made of.
        found = Tags()
        found.feed(text)
        assert found.attributes <= ALLOWED_ATTRIBUTES
        assert found.names.isdisjoint({"a", "iframe", "img", "link", "script"})
        assert "url(" not in STYLE
        assert "@import" not in STYLE
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"

    serve(test)


def test_the_policy_allows_the_one_style_sheet_only() -> None:
    digest = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
    assert (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ) == POLICY


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb", "a\nb"),
        ("<b>&'\"", "&lt;b&gt;&amp;&#x27;&quot;"),
        ("\u2066x", "\\u2066x"),
        ("abcd", "abc…"),
        ("abc", "abc"),
    ],
)
def test_shown_text(text: str, html: str) -> None:
    assert shown(text, 3 if text.startswith("abc") else 100) == html
