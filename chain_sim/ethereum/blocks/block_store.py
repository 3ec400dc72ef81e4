"""Blocks, receipts and indexes in the database, and the head.

A block once written is never changed. Only the head, and the index from numbers to
hashes, say which blocks form the chain; moving them is all that a revert does.
"""

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import (
    Block,
    Header,
    decode_block,
    decode_header,
    encode_block,
    read_transaction_item,
)
from chain_sim.ethereum.blocks.genesis import decode_genesis
from chain_sim.ethereum.blocks.next_block import (
    EditedState,
    NextBlock,
    decode_edited,
    decode_snapshot,
    encode_snapshot,
)
from chain_sim.ethereum.blocks.receipts import (
    Receipt,
    decode_receipts,
    encode_receipts,
    read_receipt_item,
)
from chain_sim.ethereum.forks import Fork, find_fork
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.rlp_fields import (
    encode_item,
    read_bytes,
    read_fields,
    read_list,
)
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.primitives.transactions import Transaction

# In the index of transactions: a block's hash, and four bytes of index.
PLACE_BYTES = 36


class StoredOutcome(Struct, frozen=True):
    """A transaction's results outside its receipt; in no hash. `error` "" for none."""

    output: bytes
    error: str


class BlockStore:
    """Reads blocks; gives the entries that write one, for the caller's batch.

    `fork` says which forms they have; by default the one of the database's genesis.
    """

    def __init__(self, database: KeyValueStore, fork: Fork | None = None) -> None:
        self._database = database
        self._given_fork = fork

    @cached_property
    def _fork(self) -> Fork:
        if self._given_fork is not None:
            return self._given_fork
        data = self._require(keys.GENESIS_KEY)
        try:
            genesis = decode_genesis(data.decode())
            return find_fork(genesis.fork, genesis.fees)
        except (ChainError, UnicodeDecodeError) as error:
            reason = f"genesis cannot be read: {error}"
            raise DatabaseDamaged(keys.GENESIS_KEY, reason) from error

    def head_hash(self) -> Hash32 | None:
        """The head's hash; None in a new database."""
        value = self._database.get(keys.HEAD)
        return None if value is None else Hash32(value)

    def block(self, block_hash: Hash32) -> Block | None:
        """The block with this hash, on the chain or not."""
        data = self._database.get(keys.BLOCK + block_hash)
        return None if data is None else decode_block(data, self._fork)

    def head_number(self) -> int:
        """The head's number; raises DatabaseDamaged if there is no head."""
        block_hash = Hash32(self._require(keys.HEAD))
        block = self.block(block_hash)
        if block is None:
            raise DatabaseDamaged(keys.BLOCK + block_hash, "missing block")
        return block.header.number

    def is_pruned(self, block_hash: Hash32) -> bool:
        """Whether the block's state is missing."""
        return self._database.get(keys.PRUNED + block_hash) is not None

    def has_receipts(self, block_hash: Hash32) -> bool:
        """Whether the receipts of an existing block are there."""
        return self._database.get(keys.PRUNED + block_hash) != keys.NO_RECEIPTS

    def hash_at(self, number: int) -> Hash32 | None:
        """The hash of the chain's block `number`; stale above the head."""
        value = self._database.get(number_key(number))
        return None if value is None else Hash32(value)

    def receipts(self, block_hash: Hash32) -> tuple[Receipt, ...]:
        """The receipts of a block that exists."""
        return decode_receipts(self._require(keys.RECEIPTS + block_hash))

    def outcomes(self, block_hash: Hash32) -> tuple[StoredOutcome, ...]:
        """Outputs and errors of a block that exists."""
        data = self._require(keys.OUTCOMES + block_hash)
        return tuple(read_outcome(item) for item in read_list(data, "outcomes"))

    def transaction(
        self, block_hash: Hash32, index: int
    ) -> tuple[Header, Transaction] | None:
        """One transaction with its block's header; None if there is no such block."""
        data = self._database.get(keys.BLOCK + block_hash)
        if data is None:
            return None
        header, items, _ = read_fields(data, "block", 3)
        item = read_list(items, "transactions", index + 1)[index]
        types = self._fork.transaction_types
        return decode_header(header, self._fork), read_transaction_item(item, types)

    def receipt(self, block_hash: Hash32, index: int) -> tuple[Receipt, int]:
        """One receipt of a block that exists, and the gas used before it."""
        data = self._require(keys.RECEIPTS + block_hash)
        items = read_list(data, "receipts", index + 1)
        before = read_receipt_item(items[index - 1]).cumulative_gas_used if index else 0
        return read_receipt_item(items[index]), before

    def outcome(self, block_hash: Hash32, index: int) -> StoredOutcome:
        """Output and error of one transaction of a block that exists."""
        data = self._require(keys.OUTCOMES + block_hash)
        return read_outcome(read_list(data, "outcomes", index + 1)[index])

    def find_transaction(self, tx_hash: Hash32) -> list[tuple[Hash32, int]]:
        """Hash of each block that has the transaction, on any branch, and its index."""
        return read_places(self._database.get(keys.TX_INDEX + tx_hash))

    def edited(self, block_hash: Hash32) -> EditedState | None:
        """The state that the block's transactions start from, where it was edited."""
        data = self._database.get(keys.EDITS + block_hash)
        return None if data is None else decode_edited(data)

    def head_entries(self, target: Block) -> tuple[dict[bytes, bytes], list[bytes]]:
        """Entries to put and keys to delete so that `target` is the head."""
        puts: dict[bytes, bytes] = {keys.HEAD: target.hash}
        head_number = self.head_number()
        block = target
        # Above the head the index is stale: what it says there proves nothing.
        while (
            block.header.number > head_number
            or self.hash_at(block.header.number) != block.hash
        ):
            puts[number_key(block.header.number)] = block.hash
            parent = self.block(block.header.parent_hash)
            if parent is None and self.is_pruned(block.hash):
                # The numbers below belong to blocks of another branch.
                oldest = number_key(block.header.number)
                indexed = self._database.iterate(keys.NUMBER_INDEX)
                return puts, [key for key, _ in indexed if key < oldest]
            if parent is None:
                key = keys.BLOCK + block.header.parent_hash
                raise DatabaseDamaged(key, "missing block")
            block = parent
        return puts, []

    def snapshot(self, number: int) -> tuple[Hash32, NextBlock] | None:
        """The block of snapshot `number`, and what was set then; None if unknown."""
        value = self._database.get(snapshot_key(number))
        return None if value is None else decode_snapshot(value)

    def new_snapshot(
        self, block_hash: Hash32, next_block: NextBlock
    ) -> tuple[int, dict[bytes, bytes]]:
        """The next snapshot's number, and the entries that make it."""
        stored = self._database.get(keys.SNAPSHOT_COUNT_KEY)
        number = 1 if stored is None else int.from_bytes(stored, "big") + 1
        if self._database.get(snapshot_key(number)) is not None:
            # An older version did not count them.
            newest = [key for key, _ in self._database.iterate(keys.SNAPSHOT)][-1]
            number = int.from_bytes(newest[len(keys.SNAPSHOT) :], "big") + 1
        return number, {
            snapshot_key(number): encode_snapshot(block_hash, next_block),
            keys.SNAPSHOT_COUNT_KEY: number.to_bytes(8, "big"),
        }

    def entries(
        self,
        block: Block,
        receipts: Sequence[Receipt],
        outcomes: Sequence[StoredOutcome],
    ) -> dict[bytes, bytes]:
        """The entries of a new block that becomes the head."""
        block_hash = block.hash
        entries = {
            keys.BLOCK + block_hash: encode_block(block),
            keys.RECEIPTS + block_hash: encode_receipts(receipts),
            keys.OUTCOMES + block_hash: encode_item(
                [[outcome.output, outcome.error.encode()] for outcome in outcomes]
            ),
            number_key(block.header.number): block_hash,
            keys.HEAD: block_hash,
        }
        for index, tx in enumerate(block.transactions):
            # The same transaction may be in blocks of several branches.
            tx_hash = tx.hash
            places = self.find_transaction(tx_hash)
            if (block_hash, index) not in places:
                places.append((block_hash, index))
            entries[keys.TX_INDEX + tx_hash] = write_places(places)
        return entries

    def _require(self, key: bytes) -> bytes:
        data = self._database.get(key)
        if data is None:
            raise DatabaseDamaged(key, "missing")
        return data


def number_key(number: int) -> bytes:
    """Where the hash of block `number` is kept."""
    return keys.NUMBER_INDEX + number.to_bytes(8, "big")


def snapshot_key(number: int) -> bytes:
    """Where snapshot `number` is kept."""
    return keys.SNAPSHOT + number.to_bytes(8, "big")


def read_outcome(item: bytes) -> StoredOutcome:
    """One entry of a block's outcomes."""
    output, error = read_fields(item, "outcome", 2)
    return StoredOutcome(
        read_bytes(output, "output"), read_bytes(error, "error").decode()
    )


def read_places(value: bytes | None) -> list[tuple[Hash32, int]]:
    """The places in an entry of the index of transactions."""
    value = value or b""
    places = (
        value[start : start + PLACE_BYTES]
        for start in range(0, len(value), PLACE_BYTES)
    )
    return [(Hash32(place[:32]), int.from_bytes(place[32:], "big")) for place in places]


def write_places(places: Sequence[tuple[Hash32, int]]) -> bytes:
    """Inverse of read_places."""
    return b"".join(
        block_hash + index.to_bytes(4, "big") for block_hash, index in places
    )
