"""Subscriptions: what clients are sent over WebSocket as soon as it happens."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.primitives.text import Hash32, format_data, format_quantity
from chain_sim.node.documents import (
    Document,
    block_document,
    transaction_document,
)
from chain_sim.node.errors import LIMIT_EXCEEDED, RpcError
from chain_sim.node.events.changes import change_between
from chain_sim.node.events.log_query import LogQuery
from chain_sim.node.events.pending_log import PendingLog

MAX_SUBSCRIPTIONS = 128

_encode = msgspec.json.Encoder().encode


class Subscription(Struct, frozen=True):
    """What a client wants to hear of: `kind` is its name in eth_subscribe."""

    kind: str
    query: LogQuery | None = None
    is_full: bool = False


class Session:
    """A client's connection; its subscriptions end with it."""

    def __init__(self) -> None:
        self.subscriptions: dict[int, Subscription] = {}


class Message(Struct, frozen=True):
    """A notification for one connection."""

    session: Session
    text: bytes


class Subscriptions:
    """All sessions that have subscriptions, and how far they were told."""

    def __init__(self, store: BlockStore, pending: PendingLog, head: Hash32) -> None:
        self._store = store
        self._pending = pending
        self._head = head
        self._told = 0
        self._sessions: dict[int, Session] = {}
        self._made = 0

    def add(self, session: Session, subscription: Subscription) -> int:
        """The number of a new subscription of this client."""
        if len(session.subscriptions) >= MAX_SUBSCRIPTIONS:
            message = f"{MAX_SUBSCRIPTIONS} subscriptions on one connection already"
            raise RpcError(LIMIT_EXCEEDED, message)
        self._made += 1
        session.subscriptions[self._made] = subscription
        self._sessions[self._made] = session
        return self._made

    def remove(self, session: Session, number: int) -> bool:
        """Whether this client had it."""
        if session.subscriptions.pop(number, None) is None:
            return False
        del self._sessions[number]
        return True

    def end(self, session: Session) -> None:
        """The connection is closed."""
        for number in [*session.subscriptions]:
            self.remove(session, number)

    def has_news(self, head: Block) -> bool:
        """Whether anything has happened since the last `collect`."""
        return head.hash != self._head or self._told != self._pending.count

    def collect(self, head: Block) -> list[Message]:
        """What has happened since the last time, in order, for those who want it.

        Accepted transactions come first, then heads, then logs.
        """
        old_head, told = self._head, self._told
        self._head, self._told = head.hash, self._pending.count
        if not self._sessions:
            return []
        return [*self._pending_messages(told), *self._block_messages(old_head, head)]

    def _pending_messages(self, told: int) -> Iterator[Message]:
        accepted = self._pending.since(told)
        for number, session, wanted in self._all("newPendingTransactions"):
            for tx, sender in accepted:
                full = transaction_document(tx, sender) if wanted.is_full else None
                yield message_of(session, number, full or format_data(tx.hash))

    def _block_messages(self, old_head: Hash32, head: Block) -> Iterator[Message]:
        change = change_between(self._store, old_head, head)
        for block in change.added:
            document = block_document(block, ())
            del document["transactions"]
            for number, session, _ in self._all("newHeads"):
                yield message_of(session, number, document)
        for number, session, wanted in self._all("logs"):
            if wanted.query is None:
                continue
            for block in change.removed:
                for log in wanted.query.logs_in(self._store, block, removed=True):
                    yield message_of(session, number, log)
            for block in change.added:
                for log in wanted.query.logs_in(self._store, block):
                    yield message_of(session, number, log)

    def _all(self, kind: str) -> Iterator[tuple[int, Session, Subscription]]:
        for number, session in self._sessions.items():
            wanted = session.subscriptions[number]
            if wanted.kind == kind:
                yield number, session, wanted


def message_of(session: Session, number: int, result: Document | str) -> Message:
    """The notification of one subscription."""
    params = {"subscription": format_quantity(number), "result": result}
    text = {"jsonrpc": "2.0", "method": "eth_subscription", "params": params}
    return Message(session, _encode(text))
