"""What logs a client asks for: addresses and topics, with wildcards."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.primitives.bloom import bloom_may_hold
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.node.documents import Document, log_documents
from chain_sim.node.parameters import InvalidValue, Kind, parse_within
from chain_sim.node.values import (
    BlockChoice,
    kind_of,
    parse_any_address,
    parse_block,
    parse_hash32,
    parse_object,
)
from contractvm.hosts.evm.interface import Log

MAX_TOPICS = 4
MAX_ALTERNATIVES = 1_000


class LogQuery(Struct, frozen=True):
    """Blocks, addresses and topics; an empty tuple matches anything.

    Each of `topics` holds the alternatives for the log's topic at that place.
    """

    first: BlockChoice | None = None
    last: BlockChoice | None = None
    block_hash: Hash32 | None = None
    addresses: tuple[Address, ...] = ()
    topics: tuple[tuple[Hash32, ...], ...] = ()

    def matches(self, log: Log) -> bool:
        """Whether the log is asked for."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(log.topics) < len(self.topics):
            return False
        pairs = zip(self.topics, log.topics, strict=False)
        return all(not wanted or topic in wanted for wanted, topic in pairs)

    def may_be_in(self, bloom: bytes) -> bool:
        """False only where no log under this filter matches."""
        alternatives = (self.addresses, *self.topics)
        return all(
            not wanted or any(bloom_may_hold(bloom, item) for item in wanted)
            for wanted in alternatives
        )

    def logs_in(
        self, store: BlockStore, block: Block, *, removed: bool = False
    ) -> Iterator[Document]:
        """The documents of the block's logs that match, in order."""
        if not block.transactions or not self.may_be_in(block.header.logs_bloom):
            return
        if not store.has_receipts(block.hash):
            return
        receipts = store.receipts(block.hash)
        for log, document in log_documents(block, receipts, removed=removed):
            if self.matches(log):
                yield document


ALL_LOGS = LogQuery()


def parse_log_query(given: object) -> LogQuery:
    """The filter object of eth_getLogs, eth_newFilter and the subscription to logs."""
    found = parse_object(given)
    first, last = _block(found, "fromBlock"), _block(found, "toBlock")
    block_hash = found.get("blockHash")
    if block_hash is not None and (first is not None or last is not None):
        raise InvalidValue("either blockHash, or fromBlock and toBlock")
    return LogQuery(
        first=first,
        last=last,
        block_hash=None
        if block_hash is None
        else parse_within("blockHash", parse_hash32, block_hash),
        addresses=parse_within("address", _addresses, found.get("address")),
        topics=_topics(found.get("topics")),
    )


def _block(found: Mapping[str, object], name: str) -> BlockChoice | None:
    given = found.get(name)
    return None if given is None else parse_within(name, parse_block, given)


def _addresses(given: object) -> tuple[Address, ...]:
    if given is None:
        return ()
    return tuple(map(parse_any_address, _bounded(given)))


def _topics(given: object) -> tuple[tuple[Hash32, ...], ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise InvalidValue(f"topics is a list, not {kind_of(given)}")
    if len(given) > MAX_TOPICS:
        raise InvalidValue("exceeded maximum topics len: there are 4 at most")
    return tuple(() if one is None else _topic(one) for one in given)


def _topic(given: object) -> tuple[Hash32, ...]:
    return tuple(parse_within("topics", parse_hash32, one) for one in _bounded(given))


def _bounded(given: object) -> list[object]:
    """One value or a list of some, as a list."""
    if not isinstance(given, list):
        return [given]
    if len(given) > MAX_ALTERNATIVES:
        raise InvalidValue(f"{len(given)} alternatives, more than {MAX_ALTERNATIVES}")
    return given


LOG_QUERY = Kind("log filter", parse_log_query)
