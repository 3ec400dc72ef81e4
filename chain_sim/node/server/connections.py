"""A WebSocket connection: what is waiting to be sent to its client."""

from asyncio import Event
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from chain_sim.node.events.subscriptions import Session
from chain_sim.node.server.limits import MIB, Limits

Send = Callable[[dict[str, Any]], Awaitable[None]]

GOING_AWAY = 1001
TOO_FAR_BEHIND = 1008
READS_ON_BELOW_BYTES = 1 * MIB


class Connection(Session):
    """A client's connection; its messages go out in the order of `put`."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._changed = Event()
        self._sent = Event()
        self._close_code: int | None = None

    def put(self, text: bytes) -> None:
        """Send a message when those before it are sent.

        A client that is too far behind is cut off.
        """
        if self._close_code is not None:
            return
        self._waiting.append(text)
        self._waiting_bytes += len(text)
        is_behind = len(self._waiting) > self._limits.unsent_messages
        if is_behind or self._waiting_bytes > 2 * self._limits.answer_bytes:
            self._waiting.clear()
            self.close(TOO_FAR_BEHIND)
        self._changed.set()

    def close(self, code: int) -> None:
        """Close it after what is waiting."""
        if self._close_code is None:
            self._close_code = code
        self._changed.set()

    async def room(self) -> None:
        """Wait until little is waiting: a client must read before it asks on."""
        while self._waiting_bytes > READS_ON_BELOW_BYTES and self._close_code is None:
            self._sent.clear()
            await self._sent.wait()

    async def send_all(self, send: Send) -> None:
        """Send until the connection is closed."""
        while True:
            while self._waiting:
                text = self._waiting.popleft()
                await send({"type": "websocket.send", "text": text.decode()})
                self._waiting_bytes -= len(text)
                self._sent.set()
            if self._close_code is not None:
                await send({"type": "websocket.close", "code": self._close_code})
                return
            self._changed.clear()
            await self._changed.wait()
