"""The blocks of a chain, and the state of the newest."""

from collections.abc import Mapping
from hashlib import sha256

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

    def seal(self) -> None:
        """Keep what was changed as the next block."""
        block = self.next_block()
        changes = self.state.seal()
        self._hash_changes(changes)
        header = BlockHeader(block.height, block.time, self._hash.root, 1)
        self._store.append(header, changes, self._hash.to_bytes())
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
