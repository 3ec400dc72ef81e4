"""What the chain does not simulate: users can register handlers for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import HandlerFailed, NotSimulated
from chain_sim.cosmos.wasm.dispatcher import MessageResult
from contractvm.hosts.cosmwasm.json_text import go_json

MessageHandler = Callable[[Context, str, Any], MessageResult | None]
QueryHandler = Callable[[Context, Any], object]


@dataclass(slots=True)
class Handlers:
    """Handlers by name: "staking.delegate", a module alone, or "custom".

    A message handler gets the context, the contract's address and the message; it may
    raise CosmosError, and otherwise its changes count. It returns a MessageResult or
    None, a query handler what becomes the JSON of the answer; raises HandlerFailed for
    anything else.
    """

    messages: dict[str, MessageHandler] = field(default_factory=dict)
    queries: dict[str, QueryHandler] = field(default_factory=dict)

    def run_message(
        self, context: Context, sender: str, kind: str, content: Any
    ) -> MessageResult:
        """Have a message handled; raises NotSimulated."""
        name, body = _name(kind, content)
        for known, given in ((name, body), (kind, content)):
            handler = self.messages.get(known)
            if handler is not None:
                return _checked(known, handler(context, sender, given))
        raise NotSimulated(name)

    def find_query(self, kind: str, content: Any) -> Callable[[Context], bytes] | None:
        """What answers a query, None if nothing does."""
        name, body = _name(kind, content)
        for known, given in ((name, body), (kind, content)):
            handler = self.queries.get(known)
            if handler is not None:
                return partial(_run_query, known, handler, given)
        return None


def _checked(name: str, result: object) -> MessageResult:
    if result is None:
        return MessageResult()
    if not isinstance(result, MessageResult):
        kind = type(result).__name__
        raise HandlerFailed(name, f"a MessageResult or None expected, not {kind}")
    parts = (result.data, *(value for _, value in result.responses))
    if not all(isinstance(part, bytes) for part in parts):
        raise HandlerFailed(name, "the data of a MessageResult are bytes")
    return result


def _run_query(
    name: str, handler: QueryHandler, content: Any, context: Context
) -> bytes:
    """The JSON of an answer."""
    answer = handler(context, content)
    try:
        return go_json(answer).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise HandlerFailed(name, f"the answer is not JSON: {error}") from error


def _name(kind: str, content: Any) -> tuple[str, Any]:
    """A name such as staking.delegate, with the part of the content that it names."""
    if kind != "custom" and isinstance(content, dict) and len(content) == 1:
        ((inner, body),) = content.items()
        return f"{kind}.{inner}", body
    return kind, content
