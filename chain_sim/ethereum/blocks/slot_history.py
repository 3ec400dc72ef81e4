"""The changes of a storage slot, found by walking back from block to block.

If a block's state root differs from its parent's, the account's storage roots are
compared, and if these differ too, the slot. Bisection would not work: a value that was
changed and restored is the same at both ends. A block with several transactions is run
again, to tell them apart, even if the slot is the same before and after it, since two
of them may have changed it and restored it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import ZERO_HASH, Block
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.state.account import (
    ZERO_WORD,
    Account,
    decode_account,
    decode_storage_value,
)
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import SecureTrie
from contractvm.progress import Progress, no_progress

BLOCKS_PER_REPORT = 100


@dataclass(frozen=True, slots=True)
class SlotWrite:
    """A change of a slot's value; writing the same value is not a change.

    For the genesis block, and for an edit of the state before a block's transactions,
    there is neither a transaction nor a sender.
    """

    address: Address
    key: bytes
    before: bytes
    after: bytes
    block_number: int
    block_hash: Hash32
    timestamp: int
    transaction_index: int | None
    transaction_hash: Hash32 | None
    sender: Address | None


class SlotReader:
    """One slot in many states; nodes that states share are read and decoded once."""

    def __init__(
        self, database: KeyValueStore, cache: NodeCache, address: Address, key: bytes
    ) -> None:
        self._nodes = DatabaseNodes(database)
        self._cache = cache
        self.address = address
        self.key = key
        self._roots: tuple[Hash32, Hash32] | None = None
        self._value: tuple[Hash32, bytes] | None = None

    def value_at(self, state_root: Hash32) -> bytes:
        """The slot's 32 bytes in a state, zero where there is no account."""
        storage_root = self._storage_root(state_root)
        if self._value is None or self._value[0] != storage_root:
            trie = SecureTrie(self._nodes, storage_root, self._cache)
            value = decode_storage_value(trie.get(self.key), self.key)
            self._value = storage_root, value
        return self._value[1]

    def _storage_root(self, state_root: Hash32) -> Hash32:
        if self._roots is None or self._roots[0] != state_root:
            encoded = SecureTrie(self._nodes, state_root, self._cache).get(self.address)
            account = decode_account(encoded, self.address) if encoded else Account()
            self._roots = state_root, account.storage_root
        return self._roots[1]


@dataclass(frozen=True, slots=True)
class SlotHistory:
    """The changes of a slot, over a chain's blocks.

    `parent` gives a block's parent and raises HistoryNotKept where that, or its state,
    is not there. `values_in` runs a block again and gives the slot's value after each
    transaction. `sender` is that of the transaction with an index. `edited_root` is the
    root of the state that a block starts from, where it was edited.
    """

    reader: SlotReader
    parent: Callable[[Block], Block]
    values_in: Callable[[Block], Iterator[bytes]]
    sender: Callable[[Block, int], Address]
    edited_root: Callable[[Block], Hash32 | None]

    def writes(
        self, tip: Block, *, exact: bool, progress: Progress = no_progress
    ) -> Iterator[SlotWrite]:
        """All changes up to `tip`, the newest first.

        Unless `exact`, blocks are compared only: changes that a block undoes itself
        are not seen.
        """
        block, walked = tip, 0
        after = self.reader.value_at(tip.header.state_root)
        while block.header.parent_hash != ZERO_HASH:
            parent = self.parent(block)
            before = self.reader.value_at(parent.header.state_root)
            edited = self.edited_root(block)
            start = before if edited is None else self.reader.value_at(edited)
            if start != after or (exact and len(block.transactions) > 1):
                yield from self._writes_in(block, start, after)
            if start != before:
                yield self._write(block, None, before, start)
            walked += 1
            if walked % BLOCKS_PER_REPORT == 0:
                progress("blocks", walked, tip.header.number)
            block, after = parent, before
        if after != ZERO_WORD:
            yield self._write(block, None, ZERO_WORD, after)

    def _writes_in(self, block: Block, before: bytes, after: bytes) -> list[SlotWrite]:
        if len(block.transactions) == 1:
            return [self._write(block, 0, before, after)]
        writes = []
        for index, value in enumerate(self.values_in(block)):
            if value != before:
                writes.append(self._write(block, index, before, value))
            before = value
        return writes[::-1]

    def _write(
        self, block: Block, index: int | None, before: bytes, after: bytes
    ) -> SlotWrite:
        return SlotWrite(
            address=self.reader.address,
            key=self.reader.key,
            before=before,
            after=after,
            block_number=block.header.number,
            block_hash=block.hash,
            timestamp=block.header.timestamp,
            transaction_index=index,
            transaction_hash=None if index is None else block.transactions[index].hash,
            sender=None if index is None else self.sender(block, index),
        )
