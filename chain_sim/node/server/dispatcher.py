"""From requests to answers: JSON-RPC without a transport."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from time import perf_counter
from traceback import format_exception

import msgspec

from chain_sim.node.errors import (
    INTERNAL_ERROR,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    RpcError,
    rpc_error_of,
)
from chain_sim.node.events.subscriptions import Session
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method
from chain_sim.node.server.limits import Limits
from chain_sim.node.server.requests import Request, Requests, read_requests
from chain_sim.node.server.short_runs import TooLong
from contractvm.errors import ContractVmError, InternalError

Log = Callable[[str], None]

LEAST_LIKENESS = 0.85
MAX_SHOWN_NAME = 60

_encode = msgspec.json.Encoder().encode


class Dispatcher:
    """Answers requests by the table of methods; a TooLong goes through.

    `log` gets a line for each request, and the whole story of an internal error; None
    says nothing.
    """

    def __init__(
        self, node: Node, methods: Mapping[str, Method], limits: Limits, log: Log | None
    ) -> None:
        self.limits = limits
        self._node = node
        self._methods = methods
        self._log = log
        self._failures = 0

    def read(self, body: bytes) -> Requests:
        """The requests of a body or a message."""
        return read_requests(body, self.limits.batch)

    def is_quick(self, requests: Requests) -> bool:
        """Whether the event loop may answer, beside the thread that has the chain."""
        for request in requests.items:
            found = self._methods.get(request.name)
            if found is not None and not found.is_quick and request.fault is None:
                return False
        return True

    def is_short(self, requests: Requests) -> bool:
        """Whether the event loop may try it: most such requests take microseconds."""
        if requests.is_batch:
            return False
        found = self._methods.get(requests.items[0].name)
        return found is not None and found.is_short

    def answer(self, requests: Requests, session: Session | None = None) -> bytes:
        """The answers in order; empty where only notifications were sent."""
        if not requests.is_batch:
            return self._answer_one(requests.items[0], session)
        answers = [*self._answer_all(requests, session)]
        return b"[" + b",".join(answers) + b"]" if answers else b""

    def refuse(self, error: RpcError) -> bytes:
        """The answer to what was not read."""
        return _error_answer(b"null", error)

    def guarded(self, what: str, job: Callable[[], object]) -> None:
        """Run what no request waits for; a failure is in the log."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 (the node goes on)
            self._failures += 1
            if self._log is not None:
                text = "".join(format_exception(error))
                self._log(f"internal error {self._failures}, {what}: {text}")

    def _answer_all(
        self, requests: Requests, session: Session | None
    ) -> Iterator[bytes]:
        room = self.limits.answer_bytes
        for request in requests.items:
            if room < 0:
                if request.id is not None:
                    error = RpcError(LIMIT_EXCEEDED, "the answers are too large")
                    yield _error_answer(request.id, error)
                continue
            answer = self._answer_one(request, session)
            room -= len(answer)
            if answer:
                yield answer

    def _answer_one(self, request: Request, session: Session | None) -> bytes:
        start = perf_counter()
        try:
            content = b',"result":' + self._result(request, session)
        except RpcError as error:
            content = b',"error":' + _encode(error.document())
        if self._log is not None and request.name and self._node.is_logging:
            milliseconds = (perf_counter() - start) * 1000
            self._log(f"{request.name[:MAX_SHOWN_NAME]} {milliseconds:.1f} ms")
        if request.id is None:
            return b""
        return b'{"jsonrpc":"2.0","id":' + request.id + content + b"}"

    def _unknown(self, name: str) -> RpcError:
        """There is no such method here; perhaps one with nearly that name."""
        message = f"Method not found: {name}"
        if name in self._methods:
            message += "; it is served over WebSocket alone"
        elif near := get_close_matches(name, self._methods, 1, LEAST_LIKENESS):
            message += f"; there is {near[0]}"
        return RpcError(METHOD_NOT_FOUND, message)

    def _result(self, request: Request, session: Session | None) -> bytes:
        if request.fault is not None:
            raise request.fault
        found = self._methods.get(request.name)
        if found is None or (found.needs_session and session is None):
            raise self._unknown(request.name[:MAX_SHOWN_NAME])
        values = found.bind(request.params)
        try:
            if found.needs_session:
                return _encode(found.function(self._node, session, *values))
            return _encode(found.function(self._node, *values))
        except (RpcError, TooLong):
            raise
        except InternalError as error:
            raise self._internal(error) from error
        except ContractVmError as error:
            raise rpc_error_of(error) from error
        except Exception as error:
            raise self._internal(error) from error

    def _internal(self, error: Exception) -> RpcError:
        """The answer says no more than a number, which is in the log."""
        self._failures += 1
        name = f"internal error {self._failures}"
        if self._log is not None:
            self._log(f"{name}: {''.join(format_exception(error))}")
        return RpcError(INTERNAL_ERROR, name)


def _error_answer(request_id: bytes, error: RpcError) -> bytes:
    content = _encode(error.document())
    return b'{"jsonrpc":"2.0","id":' + request_id + b',"error":' + content + b"}"
