"""What the chain does not simulate: users can register handlers for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import NotSimulated
from chain_sim.cosmos.wasm.dispatcher import MessageResult

MessageHandler = Callable[[Context, str, Any], MessageResult | None]
QueryHandler = Callable[[Context, Any], object]


@dataclass(slots=True)
class Handlers:
    """Handlers by name: "staking.delegate", a module alone, or "custom".

    A message handler gets the context, the contract's address and the message; it may
    raise CosmosError, and otherwise its changes count. A query handler returns what
    becomes the JSON of the answer.
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
                return handler(context, sender, given) or MessageResult()
        raise NotSimulated(name)

    def find_query(self, kind: str, content: Any) -> Callable[[Context], object] | None:
        """What answers a query, None if nothing does."""
        name, body = _name(kind, content)
        for known, given in ((name, body), (kind, content)):
            handler = self.queries.get(known)
            if handler is not None:
                return partial(_run_query, handler, given)
        return None


def _run_query(handler: QueryHandler, content: Any, context: Context) -> object:
    return handler(context, content)


def _name(kind: str, content: Any) -> tuple[str, Any]:
    """A name such as staking.delegate, with the part of the content that it names."""
    if kind != "custom" and isinstance(content, dict) and len(content) == 1:
        ((inner, body),) = content.items()
        return f"{kind}.{inner}", body
    return kind, content
