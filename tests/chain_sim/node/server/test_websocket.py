"""Subscriptions over WebSocket: order, filters, reverts, limits."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.node.events.subscriptions import MAX_SUBSCRIPTIONS
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.serving import ServerOptions
from tests.helpers.nodes import new_node
from tests.helpers.probe_contract import INCREMENT, SIGNATURE, probe_init_code, set_data

FIRST = "0x" + DEVELOPER_ACCOUNTS[0].address.hex()
SECOND = "0x" + DEVELOPER_ACCOUNTS[1].address.hex()
TRANSFER = {"from": FIRST, "to": SECOND, "value": "0x1", "gas": "0x5208"}


class Socket:
    """A client that keeps notifications while it waits for answers."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.messages: list[dict[str, Any]] = []

    async def receive(self) -> Any:
        return json.loads(await asyncio.wait_for(self.connection.recv(), 10))

    async def ask(self, method: str, *params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        await self.connection.send(json.dumps(request))
        while "method" in (found := await self.receive()):
            self.messages.append(found["params"])
        return found.get("result", found.get("error"))

    async def next(self) -> tuple[str, Any]:
        """The subscription and the result of the next notification."""
        if not self.messages:
            self.messages.append((await self.receive())["params"])
        found = self.messages.pop(0)
        return found["subscription"], found["result"]

    async def deploy(self) -> str:
        code = "0x" + probe_init_code().hex()
        sent = await self.ask("eth_sendTransaction", {"from": FIRST, "data": code})
        receipt = await self.ask("eth_getTransactionReceipt", sent)
        return str(receipt["contractAddress"])


def with_socket(
    test: Callable[[Socket], Awaitable[None]],
    options: ServerOptions = ServerOptions(),  # noqa: B008 (frozen)
    **headers: str,
) -> None:
    async def run(port: int) -> None:
        async with connect(
            f"ws://127.0.0.1:{port}", additional_headers=headers, max_size=None
        ) as connection:
            await test(Socket(connection))

    with new_node(options) as client:
        asyncio.run(run(client.port))


def test_answer_comes_first_then_transaction_head_and_logs() -> None:
    async def test(socket: Socket) -> None:
        contract = await socket.deploy()
        logs = await socket.ask("eth_subscribe", "logs", {"address": contract})
        heads = await socket.ask("eth_subscribe", "newHeads", {})
        pending = await socket.ask("eth_subscribe", "newPendingTransactions")
        full = await socket.ask("eth_subscribe", "newPendingTransactions", True)
        never = await socket.ask("eth_subscribe", "syncing")
        assert [logs, heads, pending, full, never] == [
            "0x1",
            "0x2",
            "0x3",
            "0x4",
            "0x5",
        ]
        send = {"from": FIRST, "to": contract, "data": set_data(9)}
        sent = await socket.ask("eth_sendTransaction", send)
        assert socket.messages == []
        assert await socket.next() == (pending, sent)
        subscription, tx = await socket.next()
        assert (subscription, tx["hash"], tx["blockHash"]) == (full, sent, None)
        subscription, head = await socket.next()
        assert (subscription, head["number"]) == (heads, "0x2")
        assert "transactions" not in head
        subscription, log = await socket.next()
        assert (subscription, log["transactionHash"]) == (logs, sent)
        assert log["topics"][0] == "0x" + SIGNATURE.hex()
        assert log["data"] == "0x" + f"{9:064x}"
        assert log["removed"] is False
        assert await socket.ask("eth_unsubscribe", logs) is True
        assert await socket.ask("eth_unsubscribe", logs) is False
        assert await socket.ask("eth_unsubscribe", "0x99") is False

    with_socket(test)


def test_lost_logs_come_back_as_removed() -> None:
    async def test(socket: Socket) -> None:
        contract = await socket.deploy()
        snapshot = await socket.ask("evm_snapshot")
        await socket.ask("eth_subscribe", "logs")
        send = {"from": FIRST, "to": contract, "data": INCREMENT}
        sent = await socket.ask("eth_sendTransaction", send)
        _, log = await socket.next()
        assert (log["transactionHash"], log["removed"]) == (sent, False)
        assert await socket.ask("evm_revert", snapshot) is True
        _, lost = await socket.next()
        assert lost == {**log, "removed": True}

    with_socket(test)


def test_each_of_several_blocks_is_announced_in_order() -> None:
    async def test(socket: Socket) -> None:
        await socket.ask("eth_subscribe", "newHeads")
        await socket.ask("hardhat_mine", "0x3")
        numbers = [(await socket.next())[1]["number"] for _ in range(3)]
        assert numbers == ["0x1", "0x2", "0x3"]

    with_socket(test)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([], -32602),
        (["nonsense"], -32602),
        ([7], -32602),
        (["logs", {"address": "0x12"}], -32602),
        (["logs", 7], -32602),
    ],
)
def test_wrong_subscriptions_are_refused(params: list[Any], code: int) -> None:
    async def test(socket: Socket) -> None:
        assert (await socket.ask("eth_subscribe", *params))["code"] == code

    with_socket(test)


def test_subscriptions_are_limited_and_end_with_the_connection() -> None:
    async def run(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}") as connection:
            socket = Socket(connection)
            for _ in range(MAX_SUBSCRIPTIONS):
                assert isinstance(await socket.ask("eth_subscribe", "syncing"), str)
            error = await socket.ask("eth_subscribe", "syncing")
            assert error["code"] == -32005
        async with connect(f"ws://127.0.0.1:{port}") as connection:
            number = await Socket(connection).ask("eth_subscribe", "newHeads")
            assert number == hex(MAX_SUBSCRIPTIONS + 1)

    with new_node() as client:
        asyncio.run(run(client.port))


def test_subscription_of_another_connection_is_not_ended() -> None:
    async def run(port: int) -> None:
        url = f"ws://127.0.0.1:{port}"
        async with connect(url) as one, connect(url) as other:
            first, second = Socket(one), Socket(other)
            number = await first.ask("eth_subscribe", "newHeads")
            assert await second.ask("eth_unsubscribe", number) is False
            await second.ask("evm_mine")
            assert (await first.next())[0] == number

    with new_node() as client:
        asyncio.run(run(client.port))


def test_batches_and_garbage_over_websocket() -> None:
    async def test(socket: Socket) -> None:
        request = {"jsonrpc": "2.0", "id": 7, "method": "eth_chainId"}
        await socket.connection.send(json.dumps([request, request]))
        answer = {"jsonrpc": "2.0", "id": 7, "result": "0x7a69"}
        assert await socket.receive() == [answer, answer]
        await socket.connection.send(json.dumps(request).encode())
        assert await socket.receive() == answer
        await socket.connection.send("{")
        assert (await socket.receive())["error"]["code"] == -32700
        await socket.connection.send(json.dumps({**request, "id": 8}))
        assert (await socket.receive())["id"] == 8

    with_socket(test)


def test_message_is_limited() -> None:
    async def test(socket: Socket) -> None:
        await socket.connection.send("x" * 2_001)
        with pytest.raises(ConnectionClosed) as caught:
            await socket.receive()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009

    with_socket(test, ServerOptions(limits=Limits(request_bytes=2_000)))


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}]
)
def test_foreign_pages_cannot_connect(headers: dict[str, str]) -> None:
    async def test(_: Socket) -> None:
        raise AssertionError

    with pytest.raises(InvalidStatus) as caught:
        with_socket(test, **headers)
    assert caught.value.response.status_code == 403


def test_reader_that_is_far_behind_is_cut_off() -> None:
    limits = Limits(unsent_messages=50)

    async def run(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}", max_queue=1) as connection:
            socket = Socket(connection)
            await socket.ask("eth_subscribe", "newHeads")
            async with connect(f"ws://127.0.0.1:{port}") as other:
                await Socket(other).ask("hardhat_mine", 9_000)
            with pytest.raises(ConnectionClosed) as caught:
                await read_on(socket)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1008

    with new_node(ServerOptions(limits=limits)) as client:
        asyncio.run(run(client.port))


async def read_on(socket: Socket) -> None:
    while True:
        await socket.receive()


def test_clients_are_told_that_the_server_goes_away() -> None:
    found: list[int] = []

    async def wait(port: int, ready: asyncio.Event) -> None:
        async with connect(f"ws://127.0.0.1:{port}") as connection:
            ready.set()
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(connection.recv(), 20)
            assert caught.value.rcvd is not None
            found.append(caught.value.rcvd.code)

    async def run(port: int, stop: Callable[[], None]) -> None:
        ready = asyncio.Event()
        task = asyncio.create_task(wait(port, ready))
        await ready.wait()
        await asyncio.to_thread(stop)
        await task

    context = new_node()
    client = context.__enter__()
    asyncio.run(run(client.port, lambda: context.__exit__(None, None, None)))
    assert found == [1001]
