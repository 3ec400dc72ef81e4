"""Requests of JSON-RPC over HTTP: in bounded time, with answers of bounded size."""

import json
import socket
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from chain_sim.ethereum.chain.remote.errors import (
    InvalidNodeAnswer,
    NodeRefused,
    NodeUnreachable,
    TransactionRefused,
)
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import InvalidText
from contractvm.nesting import check_json_nesting

MAX_ANSWER_BYTES = 64 << 20
SHOWN_BODY_BYTES = 200
KIND = "a node's URL"
UNREADABLE = (
    ChainError,
    InvalidText,
    LookupError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)
SENDING = ("eth_sendRawTransaction", "eth_sendTransaction")

T = TypeVar("T")


def parse_url(text: str) -> SplitResult:
    """The parts of `http://HOST:PORT`, or `https`; raises InvalidText."""
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError as error:
        raise InvalidText(KIND, text, str(error)) from error
    if found.scheme not in ("http", "https") or not found.hostname:
        raise InvalidText(KIND, text, "write http://HOST:PORT")
    if found.username is not None or port == 0:
        raise InvalidText(KIND, text, "it has no user and no port 0")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise InvalidText(KIND, text, "it has letters that no URL has")
    return found


class Endpoint:
    """A node's address; a request takes `timeout` seconds at most."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self.timeout = timeout
        self._parts = parse_url(url)

    def ask(self, method: str, *params: object, read: Callable[[Any], T]) -> T:
        """What `read` makes of the result.

        Raises NodeUnreachable, NodeRefused or, also where `read` fails,
        InvalidNodeAnswer.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        status, body = self._post(method, json.dumps(request).encode())
        try:
            check_json_nesting(body)
            answer = msgspec.json.decode(body)
        except (msgspec.DecodeError, ValueError) as error:
            start = body[:SHOWN_BODY_BYTES].decode(errors="replace")
            fault = f"HTTP status {status}, no JSON: {start!r}"
            raise InvalidNodeAnswer(self.url, method, fault) from error
        if not isinstance(answer, dict) or not (
            "error" in answer or "result" in answer
        ):
            raise InvalidNodeAnswer(self.url, method, "neither result nor error")
        if answer.get("error") is not None:
            raise self._refusal(method, answer["error"])
        try:
            return read(answer.get("result"))
        except UNREADABLE as error:
            fault = f"{type(error).__name__}: {error}"
            raise InvalidNodeAnswer(self.url, method, fault) from error

    def _refusal(self, method: str, error: object) -> NodeRefused | InvalidNodeAnswer:
        if not isinstance(error, dict):
            return InvalidNodeAnswer(self.url, method, "an error that is no object")
        code, message = error.get("code"), error.get("message")
        if not isinstance(code, int) or not isinstance(message, str):
            return InvalidNodeAnswer(self.url, method, "an error without code or text")
        kind = TransactionRefused if method in SENDING else NodeRefused
        return kind(self.url, method, code, message)

    def _post(self, method: str, body: bytes) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(
            self._parts.hostname or "", self._parts.port, timeout=self.timeout
        )
        path = self._parts.path or "/"
        if self._parts.query:
            path += f"?{self._parts.query}"
        is_late = False

        def end() -> None:
            nonlocal is_late
            is_late = True
            shut(connection.sock)

        timer = Timer(self.timeout, end)
        timer.daemon = True
        try:
            connection.connect()
            timer.start()
            headers = {"content-type": "application/json"}
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            found = read_bounded(response)
        except (OSError, HTTPException, ValueError) as error:
            fault = str(error) or type(error).__name__
            raise NodeUnreachable(self.url, self._late if is_late else fault) from error
        finally:
            timer.cancel()
            connection.close()
        if is_late:
            raise NodeUnreachable(self.url, self._late)
        if found is None:
            fault = f"more than {MAX_ANSWER_BYTES} bytes"
            raise InvalidNodeAnswer(self.url, method, fault)
        return response.status, found

    @property
    def _late(self) -> str:
        return f"no whole answer in {self.timeout:g} seconds"


def read_bounded(response: HTTPResponse) -> bytes | None:
    """The body; None where it is too large."""
    found = response.read(MAX_ANSWER_BYTES + 1)
    return None if len(found) > MAX_ANSWER_BYTES else found


def shut(sock: socket.socket | None) -> None:
    """End what waits for the socket."""
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
