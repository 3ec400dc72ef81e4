"""The example service on a loopback port: a client in JavaScript, and many requests."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pytest

from tests.helpers.examples import EXAMPLES, example
from tests.helpers.source_tree import ROOT

pytest.importorskip("uvicorn", reason="the examples' packages are not installed")
pytest.importorskip("starlette", reason="the examples' packages are not installed")

psutil = pytest.importorskip("psutil", reason="psutil is not installed")
SHOUT = example("guests/shout.wasm")
HELLO_GAS = 4_378
GAS = 10_000
MANY = 10**15
FEW = 1_000
UPLOAD_GAS = 2 * len(SHOUT)
# Enough for FEW runs one after another, and one gas short of another.
FEW_BURST = UPLOAD_GAS + (FEW - 1) * HELLO_GAS + GAS + HELLO_GAS - 1
SERVER = f"""
import socket, uvicorn
from contractvm import Quota
from examples.guest_service.app import make_app
from examples.guest_service.tenants import Tenant
bursts = {{"many": {MANY}, "few": {FEW_BURST}}}
tenants = {{
    name: Tenant(name, Quota(0, most, runs=64)) for name, most in bursts.items()
}}
# Named as TCP's, or asyncio leaves Nagle's algorithm on: 40 ms for each answer.
listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listening.bind(("127.0.0.1", 0))
listening.listen()
print(listening.getsockname()[1], flush=True)
config = uvicorn.Config(make_app(tenants), log_level="warning", access_log=False)
uvicorn.Server(config).run(sockets=[listening])
"""


@contextmanager
def served() -> Iterator[tuple[int, Any]]:
    """The port and the process of a service for the tenants `many` and `few`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    ) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline()), psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(timeout=20)


class Client:
    """A client of one tenant: as little HTTP as the service needs."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = f"host: localhost\r\nauthorization: Bearer {key}\r\n"

    async def __aenter__(self) -> "Client":
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._port
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        head += f"content-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", answer)
        assert found is not None
        return int(answer[9:12]), await self._reader.readexactly(int(found[1]))

    async def available(self) -> int:
        status, body = await self.ask("GET", "/quota")
        assert status == 200
        found: int = json.loads(body)["available"]
        return found


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_client_in_javascript() -> None:
    with served() as (port, _):
        done = subprocess.run(
            [
                *("node", str(EXAMPLES / "guest_client.mjs")),
                *(f"http://127.0.0.1:{port}", "many", EXAMPLES / "guests/shout.wasm"),
            ],
            input="hello",
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout == f"HELLO exited with code 0 {HELLO_GAS}\n"
        wrong = subprocess.run(
            [
                *("node", str(EXAMPLES / "guest_client.mjs")),
                *(f"http://127.0.0.1:{port}", "wrong", EXAMPLES / "guests/shout.wasm"),
            ],
            input="hello",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert wrong.returncode == 1
        assert '401: {"error":"no such key"}' in wrong.stderr


MODULE_PATH = f"/modules/{sha256(SHOUT).hexdigest()}/runs?gas={GAS}"
REQUESTS = 100_000
WORKERS = 8
SECONDS = 170
WARM_UP = 4_000
MIB = 1 << 20


async def send_many(port: int, process: Any) -> tuple[Counter[int], int]:
    """The statuses of all requests, and by how many bytes the process grew."""
    statuses: Counter[int] = Counter()
    resident: list[int] = []
    end = time.monotonic() + SECONDS

    async def send() -> None:
        async with Client(port, "many") as client:
            while statuses.total() < REQUESTS and time.monotonic() < end:
                statuses[0] += 1  # under way
                status, _ = await client.ask("POST", MODULE_PATH, b"hello")
                statuses[0] -= 1
                statuses[status] += 1
                if statuses.total() == WARM_UP and not resident:
                    resident.append(process.memory_info().rss)

    await asyncio.gather(*[send() for _ in range(WORKERS)])
    return +statuses, process.memory_info().rss - resident[0]


@pytest.mark.slow
def test_many_requests_take_no_memory_and_the_quotas_are_exact() -> None:
    """As many as fit three minutes, 100,000 at most; it prints how many."""

    async def test(port: int, process: Any) -> None:
        for name in ("many", "few"):
            async with Client(port, name) as client:
                assert (await client.ask("POST", "/modules", SHOUT))[0] == 201
        async with Client(port, "few") as few:
            tried = [
                (await few.ask("POST", MODULE_PATH, b"hello"))[0]
                for _ in range(FEW + 20)
            ]
            assert tried == [200] * FEW + [429] * 20
            assert await few.available() == GAS - 1
        statuses, growth = await send_many(port, process)
        print(  # noqa: T201 (a slow machine sends fewer)
            f"{statuses.total()} requests, {growth} bytes more resident memory"
        )
        assert statuses.keys() == {200}
        assert statuses[200] >= 10_000
        async with Client(port, "many") as many:
            spent = MANY - UPLOAD_GAS - await many.available()
        assert spent == statuses[200] * HELLO_GAS
        async with Client(port, "few") as few:
            assert await few.available() == GAS - 1
        assert growth < 4 * MIB

    with served() as (port, process):
        asyncio.run(test(port, process))
