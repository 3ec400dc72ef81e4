"""Blocks and the state below them, in a database.

The newest state is stored entry by entry; each block has what it changed, as it was
before, so the state at any block can be had again. A block is one batch.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.meta_keys import META

CONFIG_KEY = b"kc"
HEAD_KEY = b"kh"
SUM_KEY = b"kt"
BLOCK = b"kb"
UNDO = b"ku"
MESSAGE = b"km"
ENTRY = b"ks"
HEIGHT_BYTES = 8
# Messages are kept of so many of the newest blocks.
KEPT_MESSAGES = 10_000
Changes = dict[bytes, tuple[bytes | None, bytes | None]]
Undo = list[tuple[bytes, bytes | None]]


class BlockHeader(msgspec.Struct, frozen=True):
    """A block: `time` in nanoseconds, `root` the hash of the state's entries."""

    height: int
    time: int
    root: bytes
    transaction_count: int


class ChainConfig(msgspec.Struct, frozen=True):
    """What a chain keeps for ever."""

    release: str
    prefix: str
    chain_id: str
    first_height: int
    first_time: int


class BlockStore:
    """The chain's part of a database."""

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database

    def read_config(self) -> ChainConfig | None:
        """The chain's, None if there is no chain; refuses one of another kind."""
        stored = self._database.get(CONFIG_KEY)
        if stored is not None:
            return msgspec.msgpack.decode(stored, type=ChainConfig)
        for key, _ in self._database.iterate(b""):
            if not key.startswith(META):
                raise InvalidChainArgument("the database holds another chain")
        return None

    def begin(
        self,
        config: ChainConfig,
        header: BlockHeader,
        entries: Mapping[bytes, bytes],
        total: bytes,
    ) -> None:
        """Store a new chain with its first block and state."""
        self._database.write_batch(
            {ENTRY + key: value for key, value in entries.items()}
            | {
                SUM_KEY: total,
                CONFIG_KEY: msgspec.msgpack.encode(config),
                HEAD_KEY: _height(header.height),
                BLOCK + _height(header.height): msgspec.msgpack.encode(header),
            }
        )

    def restore(
        self,
        config: ChainConfig,
        blocks: Sequence[tuple[BlockHeader, Undo, bytes | None]],
        entries: Mapping[bytes, bytes],
        total: bytes,
    ) -> None:
        """Store a chain with all its blocks, in one batch."""
        puts = {ENTRY + key: value for key, value in entries.items()}
        for header, undo, sent in blocks:
            place = _height(header.height)
            if sent is not None:
                puts[MESSAGE + place] = sent
            puts[BLOCK + place] = msgspec.msgpack.encode(header)
            puts[UNDO + place] = msgspec.msgpack.encode(undo)
            puts[HEAD_KEY] = place
        puts[SUM_KEY] = total
        puts[CONFIG_KEY] = msgspec.msgpack.encode(config)
        self._database.write_batch(puts)

    def append(
        self, header: BlockHeader, changes: Changes, total: bytes, sent: bytes | None
    ) -> None:
        """Store a block, what it changed and what was sent, in one batch."""
        undo: Undo = [(key, before) for key, (before, _) in changes.items()]
        puts = {
            ENTRY + key: after
            for key, (_, after) in changes.items()
            if after is not None
        }
        deletes = [ENTRY + key for key, (_, after) in changes.items() if after is None]
        place = _height(header.height)
        puts[UNDO + place] = msgspec.msgpack.encode(undo)
        puts[BLOCK + place] = msgspec.msgpack.encode(header)
        puts[HEAD_KEY] = place
        puts[SUM_KEY] = total
        if sent is not None:
            puts[MESSAGE + place] = sent
        if header.height >= KEPT_MESSAGES:
            deletes.append(MESSAGE + _height(header.height - KEPT_MESSAGES))
        self._database.write_batch(puts, deletes)

    def remove(self, header: BlockHeader, total: bytes) -> None:
        """Drop the newest block; its undo must have been applied."""
        place = _height(header.height)
        puts = {HEAD_KEY: _height(header.height - 1), SUM_KEY: total}
        deletes = [BLOCK + place, UNDO + place, MESSAGE + place]
        for key, before in self.undo(header.height):
            if before is None:
                deletes.append(ENTRY + key)
            else:
                puts[ENTRY + key] = before
        self._database.write_batch(puts, deletes)

    def head(self) -> int:
        """The newest block's height."""
        return int.from_bytes(self._database.get(HEAD_KEY) or b"", "big")

    def total(self) -> bytes:
        """What the newest root is the hash of."""
        return self._database.get(SUM_KEY) or b""

    def header(self, height: int) -> BlockHeader:
        """The block at a height; raises InvalidChainArgument."""
        stored = None
        if 0 <= height < 2**63:
            stored = self._database.get(BLOCK + _height(height))
        if stored is None:
            raise InvalidChainArgument(f"no block {height}")
        return msgspec.msgpack.decode(stored, type=BlockHeader)

    def undo(self, height: int) -> Undo:
        """What the block at a height changed, as it was before."""
        stored = self._database.get(UNDO + _height(height))
        return msgspec.msgpack.decode(stored, type=Undo) if stored else []

    def message(self, height: int) -> bytes | None:
        """What was sent in the block at a height, None if it is not kept."""
        return self._database.get(MESSAGE + _height(height))

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        """The newest state."""
        for key, value in self._database.iterate(ENTRY):
            yield key[len(ENTRY) :], value


def _height(height: int) -> bytes:
    return height.to_bytes(HEIGHT_BYTES, "big")
