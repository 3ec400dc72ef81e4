"""Reads of a chain: its blocks, receipts, and the state after any of them."""

from collections.abc import Sequence
from functools import partial

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.block import Block, Header
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.chain_point import (
    HEAD,
    BlockName,
    ChainPoint,
    Where,
    as_place,
)
from chain_sim.ethereum.blocks.history_errors import UnknownTransactionIndex
from chain_sim.ethereum.blocks.transaction_receipt import (
    IncludedTransaction,
    TransactionReceipt,
    make_transaction_receipt,
    receipts_of_block,
    senders_of,
)
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.execution.block_building import context_after, context_of
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    BlockHashes,
    OpenState,
    RepeatableTransaction,
    S,
)
from chain_sim.ethereum.execution.stored_block import StoredBlock
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_address,
    as_data,
    as_hash,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    UnknownBlock,
    UnknownTransaction,
)
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.primitives.transactions import (
    MAX_UINT_256,
    Transaction,
    check_size,
    sender_in_block,
)
from chain_sim.ethereum.state.account_proof import AccountProof, prove_account
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.arguments import as_int

A_BLOCK = "a block (a number or a hash)"


class ChainReader:
    """Reads the chain that ends at `head`.

    `engine` runs blocks again to get a state inside a block.
    """

    def __init__(self, head: Head, engine: Pipeline) -> None:
        self.head = head
        self.engine = engine
        self._store = head.store
        self._of_head: tuple[Block, BlockContext] | None = None

    # Blocks

    def block_hash(self, number: int) -> Hash32 | None:
        """The hash of block `number`, as contracts are told it; None where unknown."""
        if not 0 <= number <= self.head.block.header.number:
            return None
        return self._store.hash_at(number)

    def block(self, which: int | HashLike) -> Block:
        """A block of the chain by number or hash.

        Raises UnknownBlock, and BlockNotKept for a number whose block was pruned.
        """
        if isinstance(which, bytes | str):
            which = as_hash(which, "block")
            block_hash: Hash32 | None = which
        else:
            block_hash = self.block_hash(as_int(which, "block", A_BLOCK))
        block = None if block_hash is None else self._store.block(block_hash)
        if block is None or not self._is_on_chain(block.header.number, block.hash):
            if isinstance(which, int) and 0 <= which <= self.head.block.header.number:
                raise BlockNotKept(which)
            raise UnknownBlock(which)
        return block

    def find_block(self, which: BlockName = None) -> Block:
        """The block with a number of the chain, with a hash, or at a branch's tip.

        A hash finds blocks of every branch, and of none. Raises UnknownBlock,
        BlockNotKept or UnknownBranch.
        """
        which = as_place(which).block
        if which is None:
            return self.head.block
        if isinstance(which, int):
            return self.block(which)
        if isinstance(which, str):
            return self.head.stored_block(self.head.branches.tip(which))
        which = as_hash(which, "block")
        block = self._store.block(which)
        if block is None:
            raise UnknownBlock(which)
        return block

    def parent(self, block: Block) -> Block:
        """The block before; raises BlockNotKept where it was pruned."""
        parent = self._store.block(block.header.parent_hash)
        if parent is None and self._store.is_pruned(block.hash):
            raise BlockNotKept(block.header.number - 1)
        return parent or self.head.stored_block(block.header.parent_hash)

    def require_state(self, block: Block) -> None:
        """Raise BlockNotKept where the state after the block was pruned."""
        if self._store.is_pruned(block.hash):
            raise BlockNotKept(block.header.number)

    # Transactions

    def transaction(self, tx_hash: HashLike) -> Transaction:
        """A transaction of the chain; raises UnknownTransaction."""
        return self._find(as_hash(tx_hash))[0]

    def receipt(self, tx_hash: HashLike) -> TransactionReceipt:
        """The receipt of a transaction of the chain.

        Raises UnknownTransaction and BlockNotKept.
        """
        tx, block_hash, header, index = self._find(as_hash(tx_hash))
        self._require_receipts(block_hash, header.number)
        sender = sender_in_block(tx, self.head.genesis.chain_id)
        included = IncludedTransaction(tx, sender, block_hash, header, index)
        receipt, gas_before = self._store.receipt(block_hash, index)
        outcome = self._store.outcome(block_hash, index)
        market = self.head.fork.fee_market
        return make_transaction_receipt(included, receipt, gas_before, outcome, market)

    def receipts(self, block: Block) -> tuple[TransactionReceipt, ...]:
        """The receipts of a block's transactions, in order; raises BlockNotKept."""
        self._require_receipts(block.hash, block.header.number)
        return receipts_of_block(
            block,
            senders_of(block, self.head.genesis.chain_id),
            self._store.receipts(block.hash),
            self._store.outcomes(block.hash),
            self.head.fork.fee_market,
        )

    def block_of(self, tx_hash: HashLike) -> tuple[Block, int]:
        """The block of a transaction, and its index; raises UnknownTransaction."""
        _, block_hash, _, index = self._find(as_hash(tx_hash))
        return self.head.stored_block(block_hash), index

    # States

    def state_at(self, which: Where = None, tx: int | None = None) -> WorldState:
        """The state after a block. Changes to it are not kept.

        By default it is that of the head, with the edits that are in no block yet. With
        `tx` it is the state after that transaction of the block: the block is run again
        so far, and compared with its receipts. Raises what `find_block` does,
        UnknownTransactionIndex, BlockNotKept where a state was pruned that is needed,
        and ReplayDiffers.
        """
        return self.opener(which, tx)(WorldState)

    def opener(self, which: Where = None, tx: int | None = None) -> OpenState:
        """Opens the state at a place, as often as needed; raises what `state_at` does.

        The place is looked up each time that the state is opened.
        """
        place = as_place(which, tx)
        if place == HEAD:
            return self.head.open_start

        def open_state(kind: type[S], /) -> S:
            block = self.find_block(place.block)
            tx_count = len(block.transactions)
            if place.tx is not None and not 0 <= place.tx < tx_count:
                raise UnknownTransactionIndex(block.header.number, place.tx, tx_count)
            head = self.head
            if place.tx is None or place.tx == tx_count - 1:
                self.require_state(block)
                return kind(head.database, block.header.state_root, head.node_cache)
            stored = self.stored_block(block)
            state = stored.open_state(kind)
            run = stored.run(Executor(self.engine, state))
            for _ in range(place.tx + 1):
                next(run)
            return state

        return open_state

    def stored_block(self, block: Block) -> StoredBlock:
        """A block of transactions, to be run again."""
        return StoredBlock(
            block=block,
            context=self.context_of(block),
            receipts=self.receipts(block),
            open_state=partial(self._open_start, block),
        )

    def start_root(self, block: Block) -> Hash32:
        """Root of the state that the block's transactions start from.

        Its parent's, unless edits came before them. Raises BlockNotKept.
        """
        edited = self._store.edited(block.hash)
        if edited is not None and edited.root is not None:
            return edited.root
        parent = self.parent(block)
        self.require_state(parent)
        if edited is not None:  # from a dump, and older blocks have no state there
            raise BlockNotKept(block.header.number)
        return parent.header.state_root

    def context_of(self, block: Block) -> BlockContext:
        """The context of the block itself, as its transactions see it."""
        if block is not self.head.block:
            return context_of(block.header, self._hashes_before(block), self.head.fork)
        if self._of_head is None or self._of_head[0] is not block:
            context = context_of(block.header, self._store.hash_at, self.head.fork)
            self._of_head = block, context
        return self._of_head[1]

    def place_call(
        self,
        to: AddressLike | None,
        data: DataLike,
        *,
        sender: AddressLike | None,
        value: int,
        gas_limit: int | None,
        at: Where,
    ) -> RepeatableTransaction:
        """An unsigned transaction at gas price 0, as the next one at a place."""
        to, data = None if to is None else as_address(to, "to"), as_data(data)
        sender = as_address(sender or DEVELOPER_ACCOUNTS[0], "sender")
        place = as_place(at)
        open_state = self.opener(place)
        if place == HEAD:
            account = self.head.start_reads().account(sender)
            nonce = 0 if account is None else account.nonce
            context = self.head.next_context()
        else:
            nonce = open_state(WorldState).get_nonce(sender)
            context = self._context_at(place)
        limit = context.fork.gas_limit(gas_limit, context.gas_limit)
        limit = as_int(limit, "gas_limit")
        # The run checks the gas limit, with an error that says more.
        check_size("value", value, MAX_UINT_256)
        tx = Transaction(nonce, 0, limit, to, value, data)
        return RepeatableTransaction(
            tx, sender, context, charged_base_fee=False, open_state=open_state
        )

    def proof(
        self,
        address: AddressLike,
        slots: Sequence[int | HashLike] = (),
        *,
        at: BlockName = None,
    ) -> AccountProof:
        """Proof of an account and its slots after block `at`, by default the head.

        It can be checked against that block's state root alone: verify_account.
        """
        block = self.find_block(at)
        self.require_state(block)
        nodes = DatabaseNodes(self.head.database)
        slot_keys = [as_slot(slot) for slot in slots]
        root = block.header.state_root
        return prove_account(nodes, root, as_address(address), slot_keys)

    # Inside

    def _context_at(self, place: ChainPoint) -> BlockContext:
        """The context of what comes next at a place that exists."""
        block = self.find_block(place.block)
        if place.tx is not None:
            return self.context_of(block)
        if block.hash == self.head.block.hash:
            return self.head.next_context()
        hashes = self._hashes_before(block)
        interval = self.head.interval
        return context_after(block.header, hashes, self.head.fork, interval=interval)

    def _open_start(self, block: Block, kind: type[S], /) -> S:
        if self._store.edited(block.hash) is None:
            return self.opener(self.parent(block).hash)(kind)
        head = self.head
        return kind(head.database, self.start_root(block), head.node_cache)

    def _hashes_before(self, last: Block) -> BlockHashes:
        """The hashes that a block after `last` can ask for, by number."""
        if self._is_on_chain(last.header.number, last.hash):
            return self._store.hash_at
        return Lineage(self._store, last).hash_at

    def _is_on_chain(self, number: int, block_hash: Hash32) -> bool:
        return (
            number <= self.head.block.header.number
            and self._store.hash_at(number) == block_hash
        )

    def _require_receipts(self, block_hash: Hash32, number: int) -> None:
        if not self._store.has_receipts(block_hash):
            raise BlockNotKept(number)

    def _find(self, tx_hash: Hash32) -> tuple[Transaction, Hash32, Header, int]:
        """A transaction of the chain, its block's hash and header, and its index."""
        for block_hash, index in self._store.find_transaction(tx_hash):
            found = self._store.transaction(block_hash, index)
            if found is not None and self._is_on_chain(found[0].number, block_hash):
                header, tx = found
                return tx, block_hash, header, index
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
