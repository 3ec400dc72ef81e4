"""The ASGI application: JSON-RPC by POST and over WebSocket, at the path `/`."""

from asyncio import AbstractEventLoop, Future, Task, create_task, timeout
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from chain_sim.node.errors import INVALID_REQUEST, RpcError
from chain_sim.node.events.subscriptions import Message, Session
from chain_sim.node.explorer.assets import Asset
from chain_sim.node.node import Node
from chain_sim.node.server.access import Access, Headers, value_of
from chain_sim.node.server.connections import GOING_AWAY, Connection, Send
from chain_sim.node.server.dispatcher import Dispatcher
from chain_sim.node.server.http_protocol import SMALL_BYTES
from chain_sim.node.server.requests import Requests
from chain_sim.node.server.short_runs import LoopFlag, TooLong
from chain_sim.node.server.ticks import Ticks
from chain_sim.node.server.writer import Writer

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Page = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = (b"content-type", b"application/json")
OK_JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
TEXT = (b"content-type", b"text/plain; charset=utf-8")
CLOSES = (b"connection", b"close")
# The headers that decide whether a request is served, and who may read the answer.
DECIDING = (b"host", b"origin", b"content-type")
MAX_CLIENTS = 64


class TooLarge(Exception):
    """A body is larger than the limit."""


class Application:
    """Serves one node; `pages` are other paths, such as `/explorer`."""

    def __init__(
        self,
        node: Node,
        dispatcher: Dispatcher,
        access: Access,
        loop: AbstractEventLoop,
        pages: Mapping[str, Page],
    ) -> None:
        self.writer = Writer(loop)
        self.connections: set[Connection] = set()
        self._node = node
        self._dispatcher = dispatcher
        self._access = access
        self._loop = loop
        self._limits = dispatcher.limits
        self._pages = pages
        self._lines: dict[tuple[tuple[bytes, bytes], ...], bytes] = {}
        self._flag = LoopFlag()
        node.use_stop_flag(self._flag)
        self.ticks = Ticks(loop, lambda: node.interval_seconds, self._start_tick)
        self.ticks.follow()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    def answer_at_once(self, headers: Headers, body: bytes) -> bytes | None:
        """The whole response to a small POST; None where it must wait its turn.

        What is refused for its headers is left to `__call__`, too.
        """
        lines = self._lines_for(headers)
        if lines is None:
            return None
        answer = self._answer_at_once(self._dispatcher.read(body), is_small=True)
        if answer is None:
            return None
        if not answer:
            return b"HTTP/1.1 204 No Content\r\n%b\r\n" % lines
        length = len(answer)
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (OK_JSON, lines, length, answer)

    def _lines_for(self, headers: Headers) -> bytes | None:
        """Lines that let a page read the answer; None for what is refused.

        They are the same for all requests of a client, and so remembered.
        """
        deciding = tuple(one for one in headers if one[0] in DECIDING)
        lines = self._lines.get(deciding)
        if lines is None:
            if self._access.refusal(headers) is not None or not has_json(headers):
                return None
            cors = self._access.cors_headers(headers)
            lines = b"".join(b"%b: %b\r\n" % one for one in cors)
            if len(self._lines) >= MAX_CLIENTS:
                self._lines.clear()
            self._lines[deciding] = lines
        return lines

    def close_connections(self) -> None:
        """Tell all clients that the server goes away."""
        for connection in self.connections:
            connection.close(GOING_AWAY)

    # HTTP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        refusal = self._access.refusal(headers)
        page = self._pages.get(scope["path"])
        if refusal is not None:
            await respond(send, 403, [TEXT], refusal.encode())
        elif page is not None:
            await page(scope, receive, send)
        elif scope["path"] != "/":
            await respond(send, 404)
        elif scope["method"] == "POST":
            await self._post(headers, receive, send)
        elif scope["method"] == "OPTIONS":
            found = self._access.preflight_headers(headers)
            await respond(send, 204 if found else 403, found)
        elif scope["method"] == "GET":
            text = b"Connection header did not include 'upgrade'"
            await respond(send, 400, [TEXT], text)
        else:
            await respond(send, 405, [(b"allow", b"POST, GET, OPTIONS")])

    async def _post(self, headers: Headers, receive: Receive, send: Send) -> None:
        cors = self._access.cors_headers(headers)
        if not has_json(headers):
            message = "Invalid request: the content type is not application/json"
            await self._refuse(send, 415, message, cors)
            return
        try:
            body = await self._read_body(headers, receive)
        except TooLarge:
            limit = self._limits.request_bytes
            message = f"Invalid request: more than {limit} bytes"
            answer = self._dispatcher.refuse(RpcError(INVALID_REQUEST, message))
            await respond(send, 413, [JSON, *cors, CLOSES], answer, ends=False)
            await self._discard(receive)
            await send({"type": "http.response.body", "body": b""})
            return
        if body is None:
            return
        is_small = len(body) <= SMALL_BYTES
        answer = await self._answer(self._dispatcher.read(body), is_small)
        if answer:
            await respond(send, 200, [JSON, *cors], answer)
        else:
            await respond(send, 204, cors)

    async def _read_body(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body; None where the client left. Raises TooLarge."""
        announced = value_of(headers, b"content-length") or b"0"
        if announced.isdigit() and int(announced) > self._limits.request_bytes:
            raise TooLarge
        message = await receive()
        body: bytes = message.get("body", b"")
        parts, size = [body], len(body)
        while message.get("more_body"):
            if size > self._limits.request_bytes:
                raise TooLarge
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if size > self._limits.request_bytes:
            raise TooLarge
        return None if message["type"] == "http.disconnect" else b"".join(parts)

    async def _discard(self, receive: Receive) -> None:
        """Let a client send on for a while, or it would not read the answer."""
        with suppress(TimeoutError):
            async with timeout(self._limits.end_seconds):
                while (await receive()).get("more_body"):
                    pass

    async def _refuse(
        self, send: Send, status: int, message: str, headers: Headers
    ) -> None:
        answer = self._dispatcher.refuse(RpcError(INVALID_REQUEST, message))
        await respond(send, status, [JSON, *headers], answer)

    # WebSocket

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        is_served = scope["path"] == "/"
        if not is_served or self._access.refusal(scope["headers"]) is not None:
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        connection = Connection(self._limits)
        self.connections.add(connection)
        sender: Task[None] = create_task(connection.send_all(send))
        try:
            await self._read_messages(connection, receive)
        finally:
            self.connections.discard(connection)
            sender.cancel()
            subscriptions = self._node.subscriptions
            self.writer.submit(partial(subscriptions.end, connection), ignore)

    async def _read_messages(self, connection: Connection, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            body = message.get("bytes") or b"" if text is None else text.encode()
            requests = self._dispatcher.read(body)
            is_small = len(body) <= SMALL_BYTES
            answer = self._answer_at_once(requests, is_small=is_small)
            if answer is None:
                answered = self._loop.create_future()
                self._work(
                    requests, connection, partial(self._put, connection, answered)
                )
                await answered
            elif answer:
                connection.put(answer)
            await connection.room()

    def _put(
        self, connection: Connection, answered: Future[None], answer: bytes
    ) -> None:
        if answer:
            connection.put(answer)
        if not answered.cancelled():
            answered.set_result(None)

    # Work

    async def _answer(self, requests: Requests, is_small: bool) -> bytes:
        answer = self._answer_at_once(requests, is_small=is_small)
        if answer is not None:
            return answer
        answered: Future[bytes] = self._loop.create_future()
        self._work(requests, None, partial(resolve, answered))
        return await answered

    def _answer_at_once(self, requests: Requests, *, is_small: bool) -> bytes | None:
        """The answer, if the event loop may find it and it takes not too long."""
        if self._dispatcher.is_quick(requests):
            return self._dispatcher.answer(requests)
        is_short = is_small and self._dispatcher.is_short(requests)
        if not is_short or not self.writer.is_idle:
            return None
        try:
            with self._flag:
                answer = self._dispatcher.answer(requests)
        except TooLong:
            return None
        if news := self._news():
            # The answer is on its way before the notifications.
            self._loop.call_soon(self._publish, news)
        return answer

    def _work(
        self,
        requests: Requests,
        session: Session | None,
        done: Callable[[bytes], None],
    ) -> None:
        """Answer on the chain's thread; then tell the others what has changed."""

        def job() -> tuple[bytes, list[Message]]:
            return self._dispatcher.answer(requests, session), self._news()

        def finish(result: tuple[bytes, list[Message]]) -> None:
            answer, messages = result
            done(answer)
            self._publish(messages)
            self.ticks.follow()

        self.writer.submit(job, finish)

    def _start_tick(self) -> None:
        self.writer.submit(self._tick, self._publish)

    def _tick(self) -> list[Message]:
        self._dispatcher.guarded("interval mining", self._node.tick)
        return self._news()

    def _news(self) -> list[Message]:
        news: list[Message] = []
        if not self._node.subscriptions.has_news(self._node.chain.head):
            return news
        self._dispatcher.guarded("notifications", lambda: news.extend(self._collect()))
        return news

    def _collect(self) -> list[Message]:
        return self._node.subscriptions.collect(self._node.chain.head)

    def _publish(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message.session, Connection):
                message.session.put(message.text)


def has_json(headers: Headers) -> bool:
    """Whether the body is JSON, as its sender says."""
    media_type = (value_of(headers, b"content-type") or b"").partition(b";")[0]
    return media_type.strip().lower() == b"application/json"


def page_of(asset: Asset) -> Page:
    """A page that shows a file; to GET and HEAD only."""
    names = [(name.encode(), value.encode()) for name, value in asset.headers.items()]

    async def show(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await respond(send, 200, names, asset.content)
        else:
            await respond(send, 405, [(b"allow", b"GET, HEAD")])

    return show


async def respond(
    send: Send,
    status: int,
    headers: Headers | None = None,
    body: bytes = b"",
    *,
    ends: bool = True,
) -> None:
    """Send a response, whole unless the caller `ends` it later."""
    found = list(headers or [])
    if status != 204:
        found.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": body, "more_body": not ends})


def resolve(future: Future[bytes], answer: bytes) -> None:
    """Give a waiting coroutine the answer, if it still waits."""
    if not future.cancelled():
        future.set_result(answer)


def ignore(_result: object) -> None:
    """Nobody waits for the result."""
