"""The blocks of a chain, and the state of the newest."""

from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct, msgpack

from chain_sim.cosmos.context import BlockInfo
from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.cosmos.state.block_store import (
    BlockHeader,
    BlockStore,
    ChainConfig,
    Changes,
    Undo,
)
from chain_sim.cosmos.state.multiset_hash import MultisetHash
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.database.interface import KeyValueStore

BLOCK_SECONDS = 5
NANOSECONDS = 1_000_000_000
MAX_MESSAGE_BYTES = 1 << 20


def block_after(
    height: int, time: int, chain_id: str, extra_seconds: int = 0
) -> BlockInfo:
    """The block after one of this height and time, with one transaction."""
    seconds = BLOCK_SECONDS + extra_seconds
    name = f"{chain_id}/{height + 1}"
    return BlockInfo(
        height=height + 1,
        time=time + seconds * NANOSECONDS,
        chain_id=chain_id,
        tx_index=0,
        tx_hash=sha256(name.encode()).digest(),
    )


def seconds_late(before: BlockHeader, header: BlockHeader) -> int:
    """How much later than usual a block is."""
    return (header.time - before.time) // NANOSECONDS - BLOCK_SECONDS


def kept_form(sent: Struct | None) -> bytes | None:
    """A message as its block keeps it; None where none was sent, or it is too large.

    What has no form in bytes is not kept either: text that is no UTF-8, numbers of more
    than 64 bits.
    """
    if sent is None:
        return None
    try:
        kept = msgpack.encode(sent)
    except (UnicodeEncodeError, OverflowError):
        return None
    return kept if len(kept) <= MAX_MESSAGE_BYTES else None


class BlockLedger:
    """Opens a chain, or begins one with `entries`; seals its blocks one by one.

    `extra_seconds` is how much later than usual the next block will be.
    """

    def __init__(
        self,
        database: KeyValueStore,
        wished: ChainConfig,
        entries: Mapping[bytes, bytes],
    ) -> None:
        self._database = database
        self._store = BlockStore(database)
        found = self._store.read_config()
        self.config = found or wished
        if found is None:
            made = MultisetHash()
            made.change(list(entries.items()), [])
            first = BlockHeader(wished.first_height, wished.first_time, made.root, 0)
            self._store.begin(wished, first, entries, made.to_bytes())
        self.head = self._store.header(self._store.head())
        self.state = OrderedState(dict(self._store.entries()))
        self._hash = MultisetHash.from_bytes(self._store.total())
        self.extra_seconds = 0

    def header(self, height: int) -> BlockHeader:
        """A block; raises InvalidChainArgument."""
        if height > self.head.height:
            raise InvalidChainArgument(f"no block {height}")
        return self._store.header(height)

    def next_block(self) -> BlockInfo:
        """The block that the next transaction is in, alone."""
        head = self.head
        return block_after(
            head.height, head.time, self.config.chain_id, self.extra_seconds
        )

    def pass_time(self, seconds: int) -> None:
        """Let the next block be that much later."""
        self.extra_seconds += seconds

    def seal(self, block: BlockInfo, sent: Struct | None = None) -> None:
        """Keep what was changed as the next block, and the message that was sent.

        `block` is what `next_block` gave before it ran.
        """
        changes = self.state.seal()
        self._hash_changes(changes)
        header = BlockHeader(block.height, block.time, self._hash.root, 1)
        self._store.append(header, changes, self._hash.to_bytes(), kept_form(sent))
        self.head = header
        self.extra_seconds = 0

    def revert(self, height: int) -> None:
        """Undo the blocks after `height`; raises InvalidChainArgument."""
        self.header(height)
        while self.head.height > height:
            undo = self._store.undo(self.head.height)
            for key, before in undo:
                if before is None:
                    self.state.delete(key)
                else:
                    self.state.set(key, before)
            self._hash_changes(self.state.seal())
            self._store.remove(self.head, self._hash.to_bytes())
            self.head = self._store.header(self.head.height - 1)
        self.extra_seconds = 0

    @property
    def total(self) -> bytes:
        """What the newest root is the hash of."""
        return self._hash.to_bytes()

    def undo(self, height: int) -> Undo:
        """What a block changed, as it was before."""
        return self._store.undo(height)

    def message(self, height: int) -> bytes | None:
        """The message of a block in its kept form, None if none is kept."""
        return self._store.message(height)

    def entries_at(self, height: int) -> dict[bytes, bytes]:
        """The state after a block."""
        self.header(height)
        found = self.state.entries()
        for later in range(self.head.height, height, -1):
            for key, before in self._store.undo(later):
                if before is None:
                    found.pop(key, None)
                else:
                    found[key] = before
        return found

    def _hash_changes(self, changes: Changes) -> None:
        self._hash.apply(changes)

    def close(self) -> None:
        """Close the database."""
        self._database.close()
