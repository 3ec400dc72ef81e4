"""Reading a chain: its blocks, receipts, and the state after any of them."""

from collections.abc import Sequence
from pathlib import Path

from chain_sim.block_store import BlockStore
from chain_sim.blocks import Block
from chain_sim.database import keys
from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.errors import BlockNotKept, UnknownBlock, UnknownTransaction
from chain_sim.exchange.dump import DumpWriter, write_dump
from chain_sim.genesis import GenesisConfig
from chain_sim.maintenance.progress import Progress, no_progress
from chain_sim.primitives import Address, Hash32
from chain_sim.state.account_proof import AccountProof, prove_account
from chain_sim.state.world_state import WorldState
from chain_sim.transaction_receipt import TransactionReceipt, receipts_of_block
from chain_sim.transactions import Transaction
from chain_sim.trie.node_cache import NodeCache
from chain_sim.trie.node_reader import DatabaseNodes


class ChainReader:
    """What can be asked of the chain in a database; a subclass sets what it is."""

    genesis: GenesisConfig
    _head: Block

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database
        self._store = BlockStore(database)
        self._node_cache = NodeCache()

    @property
    def head(self) -> Block:
        """The newest block."""
        return self._head

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

    def state_at(self, which: int | Hash32 | None = None) -> WorldState:
        """The state after a block, by default the head. Changes to it are not kept.

        Raises UnknownBlock, and BlockNotKept where it was pruned.
        """
        block = self._head if which is None else self.block(which)
        if self._store.is_pruned(block.hash):
            raise BlockNotKept(block.header.number)
        return WorldState(self._database, block.header.state_root, self._node_cache)

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
        return self.state_at().get_storage(address, _slot_key(slot))

    def proof(
        self,
        address: Address,
        slots: Sequence[int | bytes] = (),
        *,
        at: int | Hash32 | None = None,
    ) -> AccountProof:
        """What the account and its slots hold after block `at`, by default the head.

        It can be checked against that block's state root alone: verify_account.
        """
        block = self._head if at is None else self.block(at)
        nodes = DatabaseNodes(self._database)
        keys = [_slot_key(slot) for slot in slots]
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
        writer = DumpWriter(
            self._database, self.genesis, self._head, path.parent, progress
        )
        write_dump(path, writer, is_hex=is_hex)

    # Inside

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
        place = self._store.find_transaction(tx_hash)
        block = None if place is None else self._store.block(place[0])
        if place is None or block is None or not self._is_on_chain(block):
            raise UnknownTransaction(tx_hash)
        return block, place[1]


def _slot_key(slot: int | bytes) -> bytes:
    return slot if isinstance(slot, bytes) else slot.to_bytes(32, "big")
