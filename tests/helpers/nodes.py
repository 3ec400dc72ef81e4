"""A node on a loopback port, served by a thread of the test's process."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Any

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.methods.table import METHODS
from chain_sim.node.node import Node, NodeOptions
from chain_sim.node.server.dispatcher import Dispatcher
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import NodeServer, ServerOptions, listen
from tests.helpers.probe_contract import probe_init_code

KEYS = {account.address: account.private_key for account in DEVELOPER_ACCOUNTS}
FIRST, SECOND, THIRD = ("0x" + one.address.hex() for one in DEVELOPER_ACCOUNTS[:3])
DEFAULTS = ServerOptions()
JSON_HEADERS = {"content-type": "application/json"}


class Answer:
    """A response of the server."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RpcFailed(Exception):
    """The node answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data")


class Client:
    """A client over HTTP with one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(
        self,
        body: bytes | str | None,
        *,
        verb: str = "POST",
        path: str = "/",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Any request at all."""
        wanted = JSON_HEADERS if headers is None else headers
        data = body.encode() if isinstance(body, str) else body
        self._connection.request(verb, path, data, wanted)
        response = self._connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())

    def send(self, method: str, *params: object) -> Any:
        """The whole answer to a request."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.ask(json.dumps(request)).json

    def call(self, method: str, *params: object) -> Any:
        """The result; raises RpcFailed."""
        answer = self.send(method, *params)
        if "error" in answer:
            raise RpcFailed(answer["error"])
        return answer["result"]

    def close(self) -> None:
        self._connection.close()


class LocalClient:
    """The same without a server."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._dispatcher = Dispatcher(node, METHODS, Limits(), None)

    def send(self, method: str, *params: object) -> Any:
        """The whole answer to a request."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        body = json.dumps(request).encode()
        return json.loads(self._dispatcher.answer(self._dispatcher.read(body)))

    def call(self, method: str, *params: object) -> Any:
        """The result; raises RpcFailed."""
        answer = self.send(method, *params)
        if "error" in answer:
            raise RpcFailed(answer["error"])
        return answer["result"]

    def number(self, method: str, *params: object) -> int:
        """The result, a quantity."""
        return int(self.call(method, *params), 16)

    def deploy(self) -> str:
        """The address of a new probe contract, from the first account."""
        code = "0x" + probe_init_code().hex()
        sent = self.call("eth_sendTransaction", {"from": FIRST, "data": code})
        return str(self.call("eth_getTransactionReceipt", sent)["contractAddress"])

    def transact(self, to: str, data: str = "0x", **more: Any) -> str:
        """The hash of a transaction from the first account."""
        fields = {"from": FIRST, "to": to, "data": data, **more}
        return str(self.call("eth_sendTransaction", fields))


def local_client(fees: str | None = "eip1559", **options: Any) -> LocalClient:
    """A node with a chain in memory, without a server."""
    chain = Blockchain.in_memory(fees=fees)
    return LocalClient(Node(chain, KEYS, NodeOptions(**options)))


@contextmanager
def served(node: Node, options: ServerOptions = DEFAULTS) -> Iterator[Client]:
    """A client of the node, which ends with the block."""
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    is_ready = Event()
    found: dict[str, Any] = {}

    async def main() -> None:
        found["loop"] = asyncio.get_running_loop()
        found["server"] = NodeServer(node, listening, options)
        is_ready.set()
        await found["server"].serve()

    thread = Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert is_ready.wait(10)
    client = Client(port)
    try:
        yield client
    finally:
        client.close()
        found["loop"].call_soon_threadsafe(found["server"].stop)
        thread.join(30)
        assert not thread.is_alive()
        listening.close()


@contextmanager
def new_node(options: ServerOptions = DEFAULTS) -> Iterator[Client]:
    """A client of a node with a chain in memory."""
    with Blockchain.in_memory() as chain, served(Node(chain, KEYS), options) as client:
        yield client


def connect(port: int) -> socket.socket:
    """A bare connection."""
    return socket.create_connection(("127.0.0.1", port), timeout=30)
