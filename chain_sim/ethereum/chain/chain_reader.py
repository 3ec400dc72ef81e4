"""Reading a chain: its blocks, receipts, and the state after any of them."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.branch_store import BranchStore
from chain_sim.ethereum.blocks.chain_point import BlockName, Place, Where, as_place
from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.blocks.history_errors import UnknownTransactionIndex
from chain_sim.ethereum.blocks.transaction_receipt import (
    TransactionReceipt,
    receipts_of_block,
)
from chain_sim.ethereum.dumps.dump import DumpWriter, write_dump
from chain_sim.ethereum.execution.block_building import context_after
from chain_sim.ethereum.gas_report.chain_reports import StoredBlock
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    UnknownBlock,
    UnknownTransaction,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.account_proof import AccountProof, prove_account
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from contractvm.progress import Progress, no_progress
from contractvm.runtime.pipeline import MeteredEngine

S = TypeVar("S", bound=WorldState)


class ChainReader:
    """What can be asked of the chain in a database; a subclass sets what it is."""

    genesis: GenesisConfig
    engine: MeteredEngine
    _head: Block

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database
        self._store = BlockStore(database)
        self._branches = BranchStore(database)
        self._node_cache = NodeCache()

    @property
    def head(self) -> Block:
        """The newest block."""
        return self._head

    @property
    def database(self) -> KeyValueStore:
        """Where the chain is kept, to be read: what else is written may break it."""
        return self._database

    def block_hash(self, number: int) -> Hash32 | None:
        """The hash of block `number`, as contracts are told it; None where unknown."""
        if not 0 <= number <= self._head.header.number:
            return None
        return self._store.hash_at(number)

    def block(self, which: int | Hash32) -> Block:
        """A block of the chain by number or hash.

        Raises UnknownBlock, and BlockNotKept for a number whose block was pruned.
        """
        block_hash = self._store.hash_at(which) if isinstance(which, int) else which
        block = None if block_hash is None else self._store.block(block_hash)
        if block is None or not self._is_on_chain(block):
            if isinstance(which, int) and 0 <= which <= self._head.header.number:
                raise BlockNotKept(which)
            raise UnknownBlock(which)
        return block

    def find_block(self, which: BlockName = None) -> Block:
        """The block with a number of the chain, with a hash, or at a branch's tip.

        A hash finds blocks of every branch, and of none. Raises UnknownBlock,
        BlockNotKept or UnknownBranch.
        """
        if which is None:
            return self._head
        if isinstance(which, int):
            return self.block(which)
        if isinstance(which, str):
            return self._stored_block(self._branches.tip(which))
        block = self._store.block(Hash32(which))
        if block is None:
            raise UnknownBlock(which)
        return block

    def state_at(self, which: Where = None, tx: int | None = None) -> WorldState:
        """The state after a block, by default the head. Changes to it are not kept.

        With `tx` it is the state behind that transaction of the block: the block is
        run again so far, and held against its receipts. Raises what `find_block` does,
        UnknownTransactionIndex, BlockNotKept where a state was pruned that is needed,
        and ReplayDiffers.
        """

        def open_state(root: Hash32) -> WorldState:
            return WorldState(self._database, root, self._node_cache)

        return self._opened(as_place(which, tx), open_state)

    def balance(self, address: Address) -> int:
        """In wei, at the head."""
        return self.state_at().get_balance(address)

    def nonce(self, address: Address) -> int:
        """Transactions sent, or contracts created, at the head."""
        return self.state_at().get_nonce(address)

    def code(self, address: Address) -> bytes:
        """The account's code at the head, empty where it has none."""
        return self.state_at().get_code(address)

    def storage(self, address: Address, slot: int | bytes) -> bytes:
        """The 32 bytes of a storage slot at the head."""
        return self.state_at().get_storage(address, slot_key(slot))

    def proof(
        self,
        address: Address,
        slots: Sequence[int | bytes] = (),
        *,
        at: BlockName = None,
    ) -> AccountProof:
        """What the account and its slots hold after block `at`, by default the head.

        It can be checked against that block's state root alone: verify_account.
        """
        block = self.find_block(at)
        self._require_state(block)
        nodes = DatabaseNodes(self._database)
        keys = [slot_key(slot) for slot in slots]
        return prove_account(nodes, block.header.state_root, address, keys)

    def transaction(self, tx_hash: Hash32) -> Transaction:
        """A transaction of the chain; raises UnknownTransaction."""
        block, index = self._find(tx_hash)
        return block.transactions[index]

    def receipt(self, tx_hash: Hash32) -> TransactionReceipt:
        """The receipt of a transaction of the chain; raises UnknownTransaction."""
        block, index = self._find(tx_hash)
        return self.receipts(block)[index]

    def receipts(self, block: Block) -> tuple[TransactionReceipt, ...]:
        """The receipts of a block's transactions, in order; raises BlockNotKept."""
        if not self._store.has_receipts(block.hash):
            raise BlockNotKept(block.header.number)
        receipts = self._store.receipts(block.hash)
        outcomes = self._store.outcomes(block.hash)
        return receipts_of_block(block, receipts, outcomes, self.genesis.chain_id)

    def dump(
        self, path: Path, *, is_hex: bool = False, progress: Progress = no_progress
    ) -> None:
        """Write the state at the head, blocks and receipts to one file.

        It has the form of anvil's `state.json`; with `is_hex` zipped and as text, as
        `anvil_loadState` takes it. A failure leaves what was at `path`.
        """
        writer = DumpWriter(self._database, self.genesis, self._head, progress)
        write_dump(path, writer, is_hex=is_hex)

    # Inside

    def _opened(self, place: Place, open_state: Callable[[Hash32], S]) -> S:
        """The state at a place, of the kind that `open_state` makes of a root."""
        block = self.find_block(place.block)
        tx_count = len(block.transactions)
        if place.tx is not None and not 0 <= place.tx < tx_count:
            raise UnknownTransactionIndex(block.header.number, place.tx, tx_count)
        if place.tx is None or place.tx == tx_count - 1:
            self._require_state(block)
            return open_state(block.header.state_root)
        parent = self._parent(block)
        self._require_state(parent)
        state = open_state(parent.header.state_root)
        for index in self._replayable(block).walk(state, self.engine):
            if index == place.tx:
                break
        return state

    def _replayable(self, block: Block) -> StoredBlock:
        """What it takes to run a block of transactions again."""
        parent = self._parent(block)
        timestamp = block.header.timestamp
        return StoredBlock(
            block=block,
            context=context_after(
                parent.header, self._hashes_before(parent), timestamp
            ),
            receipts=self.receipts(block),
            open_state=partial(self.state_at, parent.hash),
        )

    def _require_state(self, block: Block) -> None:
        if self._store.is_pruned(block.hash):
            raise BlockNotKept(block.header.number)

    def _parent(self, block: Block) -> Block:
        parent = self._store.block(block.header.parent_hash)
        if parent is None and self._store.is_pruned(block.hash):
            raise BlockNotKept(block.header.number - 1)
        return parent or self._stored_block(block.header.parent_hash)

    def _hashes_before(self, last: Block) -> Callable[[int], bytes | None]:
        """The hashes that a block after `last` can ask for, by number."""
        if self._is_on_chain(last):
            return self._store.hash_at
        return Lineage(self._store, last).hash_at

    def _stored_block(self, block_hash: Hash32) -> Block:
        block = self._store.block(block_hash)
        if block is None:
            raise DatabaseDamaged(keys.BLOCK + block_hash, "missing block")
        return block

    def _is_on_chain(self, block: Block) -> bool:
        number = block.header.number
        return (
            number <= self._head.header.number
            and self._store.hash_at(number) == block.hash
        )

    def _find(self, tx_hash: Hash32) -> tuple[Block, int]:
        for block_hash, index in self._store.find_transaction(tx_hash):
            block = self._store.block(block_hash)
            if block is not None and self._is_on_chain(block):
                return block, index
        raise UnknownTransaction(tx_hash)


class Lineage:
    """The hashes of a block and of those before it, which need not be on the chain."""

    def __init__(self, store: BlockStore, last: Block) -> None:
        self._store = store
        self._hashes = {last.header.number: last.hash}
        self._oldest: Block | None = last

    def hash_at(self, number: int) -> bytes | None:
        """The hash of block `number`; None where there is none."""
        while self._oldest is not None and number < self._oldest.header.number:
            oldest = self._store.block(self._oldest.header.parent_hash)
            if oldest is not None:
                self._hashes[oldest.header.number] = oldest.hash
            self._oldest = oldest
        return self._hashes.get(number)


def slot_key(slot: int | bytes) -> bytes:
    """The key of a slot: its number in 32 bytes, or the key itself."""
    return slot if isinstance(slot, bytes) else slot.to_bytes(32, "big")
