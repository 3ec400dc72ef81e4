"""Checks of kept blocks: their parts match the header, their state is complete."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block, transactions_root
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.receipts import receipts_root
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.edits import settle_edits
from chain_sim.ethereum.state.state_walk import walk_state
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.progress import Progress, no_progress

STEPS_PER_REPORT = 1_000


@dataclass(frozen=True, slots=True)
class BlockVerdict:
    """A block that was checked; `fault` is None if it is whole, `number` if unread."""

    block_hash: Hash32
    number: int | None
    fault: DatabaseDamaged | None


class BlockChecker:
    """Checks blocks; entries that several states share are read once.

    `entry_count` is the number of nodes and codes that were read and have their hash.
    """

    def __init__(
        self, database: KeyValueStore, progress: Progress = no_progress
    ) -> None:
        self.entry_count = 0
        self._database = database
        self._store = BlockStore(database)
        self._progress = progress
        self._sound: dict[bytes, None] = {}

    def check(self, block_hashes: Iterable[Hash32]) -> Iterator[BlockVerdict]:
        """A verdict for each block, in order."""
        for block_hash in block_hashes:
            number = None
            try:
                block = self._read_block(block_hash)
                number = block.header.number
                self._check_parts(block)
                self._check_state(block.header.state_root)
                self._check_edits(block)
            except DatabaseDamaged as error:
                yield BlockVerdict(block_hash, number, error)
            else:
                yield BlockVerdict(block_hash, number, None)

    def check_edited(self, roots: Iterable[Hash32]) -> None:
        """Raise DatabaseDamaged unless the edited states with these roots are whole."""
        for root in roots:
            self._check_state(root)

    def _read_block(self, block_hash: Hash32) -> Block:
        key = keys.BLOCK + block_hash
        try:
            block = self._store.block(block_hash)
        except ChainError as error:
            raise DatabaseDamaged(key, f"block cannot be read: {error}") from error
        if block is None:
            raise DatabaseDamaged(key, "missing block")
        if block.hash != block_hash:
            raise DatabaseDamaged(key, "block does not have the hash that names it")
        return block

    def _check_parts(self, block: Block) -> None:
        key = keys.BLOCK + block.hash
        if transactions_root(block.transactions) != block.header.transactions_root:
            raise DatabaseDamaged(key, "transactions are not those of the header")
        key = keys.RECEIPTS + block.hash
        try:
            receipts = self._store.receipts(block.hash)
            outcomes = self._store.outcomes(block.hash)
        except (ChainError, UnicodeDecodeError) as error:
            raise DatabaseDamaged(key, f"receipts cannot be read: {error}") from error
        if receipts_root(receipts) != block.header.receipts_root:
            raise DatabaseDamaged(key, "receipts are not those of the header")
        if len(outcomes) != len(block.transactions):
            key = keys.OUTCOMES + block.hash
            raise DatabaseDamaged(key, "outcomes are not those of the transactions")
        for index, tx in enumerate(block.transactions):
            if (block.hash, index) not in self._store.find_transaction(tx.hash):
                key = keys.TX_INDEX + tx.hash
                raise DatabaseDamaged(key, f"transaction {index} is not in the index")

    def _check_edits(self, block: Block) -> None:
        """The state that its transactions start from, if it was edited."""
        key = keys.EDITS + block.hash
        try:
            edited = self._store.edited(block.hash)
        except ChainError as error:
            raise DatabaseDamaged(key, f"edits cannot be read: {error}") from error
        if edited is None or edited.root is None:
            return
        self._check_state(edited.root)
        parent = self._store.block(block.header.parent_hash)
        if parent is None or self._store.is_pruned(parent.hash):
            return
        state = WorldState(self._database, parent.header.state_root)
        settle_edits(state, edited.edits)
        if state.compute_root() != edited.root:
            raise DatabaseDamaged(key, "edits do not lead to their state")

    def _check_state(self, root: Hash32) -> None:
        # Only the nodes below a root without a fault are known to be whole.
        fresh: dict[bytes, None] = {}

        def is_new(key: bytes) -> bool:
            if key in self._sound or key in fresh:
                return False
            fresh[key] = None
            return True

        for _ in walk_state(self._database, root, is_new):
            self.entry_count += 1
            if self.entry_count % STEPS_PER_REPORT == 0:
                self._progress("nodes and code", self.entry_count, None)
        self._sound |= fresh
