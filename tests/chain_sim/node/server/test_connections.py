"""Connections over WebSocket: how far behind a client may be."""

import asyncio
from typing import Any

from chain_sim.node.server.connections import (
    GOING_AWAY,
    READS_ON_BELOW_BYTES,
    TOO_FAR_BEHIND,
    Connection,
)
from chain_sim.node.server.limits import Limits

CLOSED = {"type": "websocket.close", "code": TOO_FAR_BEHIND}


def text(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.send", "text": content.decode()}


def sent_by(connection: Connection) -> list[dict[str, Any]]:
    """What goes out until the connection is closed."""
    found: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        found.append(message)

    asyncio.run(connection.send_all(send))
    return found


def test_a_client_reads_before_it_asks_on() -> None:
    async def waits(size: int) -> bool:
        connection = Connection(Limits())
        connection.put(b"x" * size)
        waiting = asyncio.create_task(connection.room())
        await asyncio.sleep(0)
        is_waiting = not waiting.done()

        async def send(_: dict[str, Any]) -> None:
            """The client reads."""

        sending = asyncio.create_task(connection.send_all(send))
        await asyncio.wait_for(waiting, 5)
        connection.close(GOING_AWAY)
        await asyncio.wait_for(sending, 5)
        return is_waiting

    assert READS_ON_BELOW_BYTES == 1_048_576
    assert not asyncio.run(waits(READS_ON_BELOW_BYTES))
    assert asyncio.run(waits(READS_ON_BELOW_BYTES + 1))


def test_one_message_of_several_may_not_be_enough_to_ask_on() -> None:
    async def passed_after() -> int:
        connection = Connection(Limits())
        for _ in range(3):
            connection.put(b"x" * READS_ON_BELOW_BYTES)
        waiting = asyncio.create_task(connection.room())
        count = 0

        async def send(_: dict[str, Any]) -> None:
            nonlocal count
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if not waiting.done():
                count += 1

        sending = asyncio.create_task(connection.send_all(send))
        await asyncio.wait_for(waiting, 5)
        connection.close(GOING_AWAY)
        await asyncio.wait_for(sending, 5)
        return count

    # The third has not been sent when the second has: that much may wait.
    assert asyncio.run(passed_after()) == 2


def test_a_client_that_is_messages_behind_is_cut_off() -> None:
    connection = Connection(Limits(unsent_messages=2))
    connection.put(b"1")
    connection.put(b"2")
    connection.close(GOING_AWAY)
    assert sent_by(connection) == [
        text(b"1"),
        text(b"2"),
        {"type": "websocket.close", "code": 1001},
    ]
    behind = Connection(Limits(unsent_messages=2))
    for content in (b"1", b"2", b"3", b"4"):
        behind.put(content)
    assert sent_by(behind) == [CLOSED]


def test_a_client_that_is_bytes_behind_is_cut_off() -> None:
    connection = Connection(Limits(answer_bytes=2))
    connection.put(b"1234")
    connection.close(TOO_FAR_BEHIND)
    connection.close(GOING_AWAY)
    assert sent_by(connection) == [text(b"1234"), CLOSED]
    behind = Connection(Limits(answer_bytes=2))
    behind.put(b"12345")
    assert sent_by(behind) == [CLOSED]
    assert CLOSED["code"] == 1008
