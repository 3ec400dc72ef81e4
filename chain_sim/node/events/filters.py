"""Filters that clients poll; each knows only how far its client has read."""

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.primitives.text import Hash32, format_data
from chain_sim.node.errors import SERVER_ERROR, RpcError
from chain_sim.node.events.changes import change_between
from chain_sim.node.events.log_query import LogQuery
from chain_sim.node.events.pending_log import PendingLog

MAX_FILTERS = 1_024


class Filter(Struct):
    """A filter of logs, of blocks, or of accepted transactions.

    `head` is the newest block when its client read it last, `pending` the count of
    accepted transactions then.
    """

    kind: str
    head: Hash32
    pending: int
    query: LogQuery | None = None


def no_filter() -> RpcError:
    """There is no filter with this number, or of this kind."""
    return RpcError(SERVER_ERROR, "filter not found")


class Filters:
    """The filters of all clients; the one that was not read longest goes first."""

    def __init__(self, store: BlockStore, pending: PendingLog) -> None:
        self._store = store
        self._pending = pending
        self._filters: dict[int, Filter] = {}
        self._made = 0

    def add(self, kind: str, head: Hash32, query: LogQuery | None = None) -> int:
        """The number of a new filter."""
        self._made += 1
        if len(self._filters) >= MAX_FILTERS:
            del self._filters[next(iter(self._filters))]
        self._filters[self._made] = Filter(kind, head, self._pending.count, query)
        return self._made

    def remove(self, number: int) -> bool:
        """Whether there was one."""
        return self._filters.pop(number, None) is not None

    def query(self, number: int) -> LogQuery:
        """What a filter of logs asks for."""
        query = self._read(number).query
        if query is None:
            raise no_filter()
        return query

    def changes(self, number: int, head: Block) -> list[object]:
        """What is new for this client since it read the filter last."""
        found = self._read(number)
        old_head, old_pending = found.head, found.pending
        found.head, found.pending = head.hash, self._pending.count
        if found.kind == "pending":
            return [format_data(tx.hash) for tx, _ in self._pending.since(old_pending)]
        change = change_between(self._store, old_head, head)
        if found.query is None:
            return [format_data(block.hash) for block in change.added]
        logs: list[object] = []
        for block in change.removed:
            logs += found.query.logs_in(self._store, block, removed=True)
        for block in change.added:
            logs += found.query.logs_in(self._store, block)
        return logs

    def _read(self, number: int) -> Filter:
        """The filter, which is the one read last from now on."""
        found = self._filters.pop(number, None)
        if found is None:
            raise no_filter()
        self._filters[number] = found
        return found
