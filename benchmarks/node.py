"""Requests a second of a JSON-RPC node, beside anvil: `python -m benchmarks.node`.

Both serve a chain in memory and mine automatically. Transactions are signed before;
the time runs until all are in blocks, which anvil makes after its answer. anvil is the
program that `make clients` installs; it is left out where it is missing.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.primitives.text import Address, format_data
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    encode_transaction,
    sign_transaction,
)
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.module_source import module_bytes

ROOT = Path(__file__).parent.parent
ANVIL = ROOT.joinpath(
    "build/clients/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
)
# It takes all memory when several clients send at once.
ANVIL_BYTES = 6 * 1024**3
OURS = (sys.executable, "-m", "contractvm_cli", "node", "--silent", "--port", "0")
CHAIN_ID = 31337
GAS_PRICE = 3_000_000_000
NOBODY = Address(bytes.fromhex("00000000000000000000000000000000000c0ffe"))
GET = "0x6d4ce63c"
# An EVM contract whose every call answers with slot 0.
EVM_COUNTER = "0x600b600c600039600b6000f360005460005260206000f3"
BATCH = 100
HEAD = (
    b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s"
)

Request = dict[str, Any]


class Result(NamedTuple):
    """Requests a second, and milliseconds of a request or batch."""

    per_second: float
    p50: float
    p99: float


class Connection:
    """One client, which sends the next request when it has the last answer."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, body: bytes) -> bytes:
        self._writer.write(HEAD % (len(body), body))
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(line for line in lines if line.startswith(b"content-length"))
        return await self._reader.readexactly(int(length.partition(b":")[2]))

    async def call(self, method: str, *params: Any) -> Any:
        body = json.dumps(request(method, *params)).encode()
        return json.loads(await self.post(body))["result"]

    async def send_all(self, bodies: Sequence[bytes]) -> list[float]:
        """The milliseconds of each."""
        times = []
        for body in bodies:
            start = time.perf_counter()
            answer = await self.post(body)
            times.append((time.perf_counter() - start) * 1000)
            if b'"error"' in answer:
                raise RuntimeError(answer[:500].decode())
        return times


class Load:
    """What is asked of one server, which knows a contract and counts nonces."""

    def __init__(self, port: int, contract_code: str) -> None:
        self._port = port
        self._code = contract_code
        self._nonces = [0] * len(DEVELOPER_ACCOUNTS)

    async def connect(self) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", self._port))

    async def calls(self, clients: int, count: int, batch: int) -> Result:
        """Calls of a contract that reads a slot."""
        connection = await self.connect()
        sender = format_data(DEVELOPER_ACCOUNTS[9].address)
        creation = {"from": sender, "data": self._code}
        tx_hash = await connection.call("eth_sendTransaction", creation)
        while not (
            found := await connection.call("eth_getTransactionReceipt", tx_hash)
        ):
            await asyncio.sleep(0.01)
        call = {"to": found["contractAddress"], "data": GET}
        one = request("eth_call", call, "latest")
        return await self._measure([[one] * (count // clients)] * clients, batch)

    async def transfers(self, clients: int, count: int, batch: int) -> Result:
        """Transfers of ether, each client's from its own account."""
        requests = [self._signed(index, count // clients) for index in range(clients)]
        return await self._measure(requests, batch, self._all_mined)

    def _signed(self, index: int, count: int) -> list[Request]:
        account, first = DEVELOPER_ACCOUNTS[index], self._nonces[index]
        self._nonces[index] += count
        requests = []
        for nonce in range(first, first + count):
            tx = Transaction(nonce, GAS_PRICE, 21_000, NOBODY, 1, b"")
            raw = encode_transaction(
                sign_transaction(tx, account.private_key, CHAIN_ID)
            )
            requests.append(request("eth_sendRawTransaction", format_data(raw)))
        return requests

    async def _all_mined(self, connection: Connection) -> None:
        for account, nonce in zip(DEVELOPER_ACCOUNTS, self._nonces, strict=True):
            address = format_data(account.address)
            while nonce > int(
                await connection.call("eth_getTransactionCount", address, "latest"), 16
            ):
                await asyncio.sleep(0.002)

    async def _measure(
        self, requests: Sequence[Sequence[Request]], batch: int, end: Any = None
    ) -> Result:
        connections = [await self.connect() for _ in requests]
        bodies = [encoded(own, batch) for own in requests]
        pairs = zip(connections, bodies, strict=True)
        start = time.perf_counter()
        times = await asyncio.gather(*(one.send_all(own) for one, own in pairs))
        if end is not None:
            await end(connections[0])
        seconds = time.perf_counter() - start
        cuts = quantiles([each for own in times for each in own], n=100)
        return Result(sum(map(len, requests)) / seconds, cuts[49], cuts[98])


def request(method: str, *params: Any) -> Request:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def encoded(requests: Sequence[Request], batch: int) -> list[bytes]:
    """Bodies of so many requests each."""
    if batch == 1:
        return [json.dumps(one).encode() for one in requests]
    starts = range(0, len(requests), batch)
    return [json.dumps(requests[start : start + batch]).encode() for start in starts]


@contextmanager
def server(
    command: Sequence[str | Path], most_bytes: int = 0
) -> Iterator[tuple[int, int]]:
    """The port of a new server, and its process id."""

    def limit() -> None:
        if most_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))

    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=limit,  # noqa: PLW1509 (no threads yet)
    )
    try:
        for line in process.stdout or ():
            if line.startswith("Listening on "):
                yield int(line.rpartition(":")[2]), process.pid
                return
        raise RuntimeError(f"{command[0]} did not start")
    finally:
        process.kill()
        process.wait()


def resident_mib(pid: int) -> int:
    """The memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def show(name: str, what: str, result: Result) -> None:
    print(
        f"{name:<12}{what:<36}{result.per_second:>10,.0f} /s"
        f"   p50 {result.p50:.2f} ms   p99 {result.p99:.2f} ms",
        flush=True,
    )


def run(name: str, load: Load, wanted: argparse.Namespace, *, batches: bool) -> None:
    """The same load of any server; `batches` of transactions stop anvil."""
    for clients in (1, 8):
        for batch in (1, BATCH):
            what = f"eth_call, {clients} clients, batch {batch}"
            show(name, what, asyncio.run(load.calls(clients, wanted.calls, batch)))
    for clients in (1, 8):
        for batch in (1, BATCH) if batches else (1,):
            what = f"transfers, {clients} clients, batch {batch}"
            count = wanted.transactions
            show(name, what, asyncio.run(load.transfers(clients, count, batch)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=8_000)
    parser.add_argument("--transactions", type=int, default=800)
    parser.add_argument("--memory", type=int, default=20_000, help="transactions")
    wanted = parser.parse_args()
    make_init_code = INTERFACE.init_code
    if make_init_code is None:
        raise RuntimeError("the host interface makes no init code")
    counter = module_bytes(ROOT.joinpath("examples/counter/counter.wasm"))
    code = format_data(make_init_code(counter))
    with server(OURS) as (port, pid):
        run("contractvm", Load(port, code), wanted, batches=True)
    with server(OURS) as (port, pid):
        before, load = resident_mib(pid), Load(port, code)
        asyncio.run(load.transfers(4, wanted.memory, BATCH))
        after = resident_mib(pid)
        print(f"contractvm: {before} MiB, {after} MiB after {wanted.memory} transfers")
    if not ANVIL.exists():
        print("anvil is left out: `make clients` installs it")
        return
    with server((ANVIL, "--port", "0"), ANVIL_BYTES) as (port, _):
        run("anvil", Load(port, EVM_COUNTER), wanted, batches=False)


if __name__ == "__main__":
    main()
