"""Loading of a dump's blocks and receipts, checked and written one by one."""

from typing import Any

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.block import Block, encode_block, transactions_root
from chain_sim.ethereum.blocks.block_store import BlockStore, StoredOutcome, number_key
from chain_sim.ethereum.blocks.genesis import GenesisConfig, genesis_header
from chain_sim.ethereum.blocks.genesis_block import genesis_block
from chain_sim.ethereum.blocks.next_block import EditedState, encode_edited
from chain_sim.ethereum.blocks.receipts import Receipt, encode_receipts, receipts_root
from chain_sim.ethereum.blocks.transaction_receipt import (
    receipts_of_block,
    senders_of,
)
from chain_sim.ethereum.dumps.anvil_documents import (
    anvil_transaction,
    read_block,
    read_block_edits,
    read_receipt,
    require_same,
)
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.json_events import JsonEvents
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.progress import Progress

STEPS_PER_REPORT = 100
ENTRIES_PER_BATCH = 2_000


class HistoryLoader:
    """Writes blocks; marks those that lack state or receipts."""

    def __init__(
        self, database: KeyValueStore, genesis: GenesisConfig, progress: Progress
    ) -> None:
        self.head: Block | None = None
        self.block_count = 0
        self.transaction_count = 0
        self._database = database
        self._fork = find_fork(genesis.fork, genesis.fees)
        self._store = BlockStore(database, self._fork)
        self._genesis = genesis
        self._progress = progress
        self._puts: dict[bytes, bytes] = {}

    def load_blocks(self, events: JsonEvents) -> None:
        """The list `blocks`: the oldest first, each the parent of the next."""
        for _ in events.items():
            place = events.place
            document = events.value()
            block = read_block(document, place, self._fork)
            self._check(block, place)
            self._put_block(block)
            if edits := read_block_edits(document, place):
                edited = encode_edited(EditedState(None, edits))
                self._puts[keys.EDITS + block.hash] = edited
            self.head = block
            self.block_count += 1
            if self.block_count % STEPS_PER_REPORT == 0:
                self._progress("blocks", self.block_count, None)
        self._flush(0)

    def load_transactions(self, events: JsonEvents) -> None:
        """The list `transactions`: in the blocks' order, all of a block or none."""
        block: Block | None = None
        documents: list[Any] = []
        for _ in events.items():
            place = events.place
            document = events.value()
            found = self._block_of(document, place)
            if block is not None and found.hash != block.hash:
                if found.header.number < block.header.number:
                    raise MalformedDump(place, "not in the order of the blocks")
                self._put_receipts(block, documents)
                self._require_empty_between(block, found)
                documents = []
            block = found
            if len(documents) == len(block.transactions):
                reason = f"block {block.header.number} has no more transactions"
                raise MalformedDump(place, reason)
            documents.append(document)
        if block is not None:
            self._put_receipts(block, documents)
        self._flush(0)

    def finish(self) -> dict[bytes, bytes]:
        """The entries that make the last block the head, if it has receipts.

        The caller must have its state.
        """
        if self.head is None:
            raise MalformedDump("blocks", "empty")
        if not self._store.has_receipts(self.head.hash):
            reason = "those of the newest block are missing"
            raise MalformedDump("transactions", reason)
        return {keys.HEAD: self.head.hash}

    def _check(self, block: Block, place: str) -> None:
        header, parent = block.header, self.head
        if transactions_root(block.transactions) != header.transactions_root:
            reason = "the transactions are not those of the header"
            raise MalformedDump(place, reason)
        if parent is None:
            self._check_first(block, place)
        elif header.number != parent.header.number + 1:
            raise MalformedDump(place, f"not number {parent.header.number + 1}")
        elif header.parent_hash != parent.hash:
            raise MalformedDump(place, "the block before it is not its parent")

    def _check_first(self, block: Block, place: str) -> None:
        loaded = self._genesis.loaded
        first = 0 if loaded is None else loaded.number
        if block.header.number < first:
            raise MalformedDump(place, f"before the first block, number {first}")
        if block.header.number > first:
            return
        if loaded is None:
            wanted, _ = genesis_block(self._genesis, WorldState(MemoryDatabase()))
            header = wanted.header
        else:
            header = genesis_header(self._genesis, loaded.state_root)
        if block.header != header:
            raise MalformedDump(place, "not the block that the genesis file makes")

    def _put_block(self, block: Block) -> None:
        block_hash = block.hash
        self._puts[keys.BLOCK + block_hash] = encode_block(block)
        self._puts[number_key(block.header.number)] = block_hash
        for index, tx in enumerate(block.transactions):
            self._puts[keys.TX_INDEX + tx.hash] = block_hash + index.to_bytes(4, "big")
        # Receipts are loaded later, but an empty block has none.
        self._puts[keys.PRUNED + block_hash] = keys.NO_RECEIPTS
        if not block.transactions:
            self._put_outcomes(block, [], [])
        self._flush(ENTRIES_PER_BATCH)

    def _put_receipts(self, block: Block, documents: list[Any]) -> None:
        place = f"transactions of block {block.header.number}"
        if len(documents) != len(block.transactions):
            reason = f"there are {len(documents)}, not {len(block.transactions)}"
            raise MalformedDump(place, reason)
        read = [read_receipt(document, place) for document in documents]
        receipts = [receipt for receipt, _ in read]
        outcomes = [outcome for _, outcome in read]
        if receipts_root(receipts) != block.header.receipts_root:
            raise MalformedDump(place, "the receipts are not those of the header")
        try:
            senders = senders_of(block, self._genesis.chain_id)
        except InvalidTransaction as error:
            raise MalformedDump(place, str(error)) from error
        full = receipts_of_block(
            block, senders, receipts, outcomes, self._fork.fee_market
        )
        again = [
            anvil_transaction(tx, receipt)
            for tx, receipt in zip(block.transactions, full, strict=True)
        ]
        require_same(again, documents, place)
        self._put_outcomes(block, receipts, outcomes)
        self.transaction_count += len(documents)
        if self.transaction_count % STEPS_PER_REPORT == 0:
            self._progress("transactions", self.transaction_count, None)
        self._flush(ENTRIES_PER_BATCH)

    def _put_outcomes(
        self, block: Block, receipts: list[Receipt], outcomes: list[StoredOutcome]
    ) -> None:
        self._puts[keys.RECEIPTS + block.hash] = encode_receipts(receipts)
        self._puts[keys.OUTCOMES + block.hash] = encode_item(
            [[outcome.output, outcome.error.encode()] for outcome in outcomes]
        )
        self._puts[keys.PRUNED + block.hash] = keys.NO_STATE

    def _require_empty_between(self, block: Block, later: Block) -> None:
        """Only the oldest blocks may have lost their receipts."""
        for number in range(block.header.number + 1, later.header.number):
            block_hash = self._store.hash_at(number)
            between = None if block_hash is None else self._store.block(block_hash)
            if between is None or between.transactions:
                reason = f"those of block {number} are missing"
                raise MalformedDump("transactions", reason)

    def _block_of(self, document: Any, place: str) -> Block:
        number = document.get("block_number") if isinstance(document, dict) else None
        is_number = type(number) is int and 0 <= number < 2**64
        block_hash = self._store.hash_at(number) if is_number and number else None
        block = None if block_hash is None else self._store.block(block_hash)
        if block is None:
            raise MalformedDump(place, "in no block that is there")
        return block

    def _flush(self, limit: int) -> None:
        if len(self._puts) > limit:
            self._database.write_batch(self._puts)
            self._puts = {}
