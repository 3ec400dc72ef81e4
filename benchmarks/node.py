"""Requests a second of a JSON-RPC node, beside anvil: `python -m benchmarks.node`.

Both serve a chain in memory and mine automatically. Transactions are signed before;
the time runs until all are in blocks, which anvil makes after its answer. The two take
turns, so that only their ratio counts where the machine has other work; the processor's
time is the server's, for one request. anvil is the program that `make clients`
installs; it is left out where it is missing.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
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
OURS = (sys.executable, "-m", "contractvm_cli", "node")
CHAIN_ID = 31337
GAS_PRICE = 3_000_000_000
NOBODY = Address(bytes.fromhex("00000000000000000000000000000000000c0ffe"))
GET = "0x6d4ce63c"
# An EVM contract whose every call answers with slot 0.
EVM_COUNTER = "0x600b600c600039600b6000f360005460005260206000f3"
BATCH = 100
STALL_SECONDS = 30
START_SECONDS = 30
HEAD = (
    b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s"
)

Request = dict[str, Any]


class Kind(NamedTuple):
    """A kind of load."""

    method: str
    clients: int
    batch: int

    @property
    def title(self) -> str:
        return f"{self.method}, {self.clients} clients, batch {self.batch}"


KINDS = tuple(
    Kind(method, clients, batch)
    for method in ("eth_call", "transfers")
    for clients in (1, 8)
    for batch in (1, BATCH)
)
# anvil does not come to an end of it, and takes all memory.
ENDLESS = (Kind("transfers", 8, BATCH),)


class Result(NamedTuple):
    """Requests a second, milliseconds of a request or batch, microseconds of one."""

    per_second: float
    p50: float
    p99: float
    processor: float = 0.0


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
        taken = [each for own in times for each in own]
        # One request alone is all of them.
        cuts = quantiles(taken, n=100) if len(taken) > 1 else taken * 99
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
    """The port of a new server, and its process id.

    It must be silent: nobody reads what it prints.
    """

    def limit() -> None:
        if most_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, "--silent", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        preexec_fn=limit,  # noqa: PLW1509 (no threads yet)
    )
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    """Return when somebody listens there; raises TimeoutError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with (
            suppress(ConnectionRefusedError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def resident_mib(pid: int) -> int:
    """The memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def processor_seconds(pid: int) -> float:
    """The time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Served(NamedTuple):
    """A server under load."""

    name: str
    pid: int
    load: Load


def measure(served: Served, kind: Kind, wanted: argparse.Namespace) -> Result | None:
    """One measurement; None where the server does not get through it in time."""
    is_call = kind.method == "eth_call"
    ask = served.load.calls if is_call else served.load.transfers
    count = wanted.calls if is_call else wanted.transactions
    before = processor_seconds(served.pid)

    async def run() -> Result:
        async with asyncio.timeout(STALL_SECONDS):
            return await ask(kind.clients, count, kind.batch)

    try:
        result = asyncio.run(run())
    except TimeoutError:
        return None
    used = processor_seconds(served.pid) - before
    return result._replace(processor=used / count * 1e6)


def compare(kind: Kind, wanted: argparse.Namespace, code: str) -> None:
    """Lines of one kind of load: medians of rounds that new servers take in turns."""
    with ExitStack() as stack:
        port, pid = stack.enter_context(server(OURS))
        servers = [Served("contractvm", pid, Load(port, code))]
        if ANVIL.exists() and kind not in ENDLESS:
            port, pid = stack.enter_context(server((ANVIL,), ANVIL_BYTES))
            servers.append(Served("anvil", pid, Load(port, EVM_COUNTER)))
        for served in servers:
            measure(served, kind, argparse.Namespace(calls=200, transactions=200))
        rounds = [
            [measure(served, kind, wanted) for served in servers]
            for _ in range(wanted.rounds)
        ]
        for served, results in zip(servers, zip(*rounds, strict=True), strict=True):
            line = f"{served.name:<11}{kind.title:<31}"
            size = resident_mib(served.pid)
            print(f"{line}{line_of(results)}{size:>6} MiB", flush=True)


def line_of(results: Sequence[Result | None]) -> str:
    """The medians; stalls where there were any."""
    done = [one for one in results if one is not None]
    stalls = len(results) - len(done)
    if not done:
        return f"stalled {stalls} times"
    speed, p50, p99, processor = map(median, zip(*done, strict=True))
    return (
        f"{speed:>9,.0f} /s   p50 {p50:7.2f} ms   p99 {p99:7.2f} ms"
        f"   processor {processor:5.0f} us{f'   {stalls} stalls' if stalls else ''}"
    )


def show_memory(count: int) -> None:
    """What transfers, most of them in batches, leave in a node's memory."""
    with TemporaryDirectory() as folder:
        for name, options in (
            ("in memory", ()),
            ("in memory, --prune 100", ("--prune", "100")),
            ("on LevelDB", ("--db", folder)),
        ):
            with server((*OURS, *options)) as (port, pid):
                load, sizes = Load(port, ""), [resident_mib(pid)]
                for _ in range(2):
                    asyncio.run(load.transfers(4, count // 2, BATCH))
                    sizes.append(resident_mib(pid))
            shown = ", ".join(map(str, sizes))
            counts = f"0, {count // 2} and {count} transfers"
            print(f"{name:<24}{shown} MiB after {counts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4_000)
    parser.add_argument("--transactions", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, default=20_000, help="transactions")
    wanted = parser.parse_args()
    make_init_code = INTERFACE.init_code
    if make_init_code is None:
        raise RuntimeError("the host interface makes no init code")
    counter = module_bytes(ROOT.joinpath("examples/counter/counter.wasm"))
    code = format_data(make_init_code(counter))
    if not ANVIL.exists():
        print("anvil is left out: `make clients` installs it")
    for kind in KINDS:
        compare(kind, wanted, code)
    if wanted.memory:
        show_memory(wanted.memory)


if __name__ == "__main__":
    main()
