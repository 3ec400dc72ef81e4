"""Block building: from a parent and transactions to the next block and its entries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chain_sim.ethereum.blocks.block import (
    EMPTY_OMMERS_HASH,
    NONCE_BYTES,
    ZERO_HASH,
    Block,
    Header,
    transactions_root,
)
from chain_sim.ethereum.blocks.block_store import StoredOutcome
from chain_sim.ethereum.blocks.history_errors import TimeNotAfterHead, TimeTooLate
from chain_sim.ethereum.blocks.next_block import NOTHING_SET, NextBlock
from chain_sim.ethereum.blocks.receipts import Receipt, make_receipt, receipts_root
from chain_sim.ethereum.blocks.transaction_receipt import (
    TransactionReceipt,
    receipts_of_block,
)
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    BlockHashes,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.fee_market import FeeMarket
from chain_sim.ethereum.forks import Fork
from chain_sim.ethereum.primitives.bloom import EMPTY_BLOOM, merge_blooms
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64, Transaction
from contractvm.errors import InternalError

SECONDS_PER_BLOCK = 1


@dataclass(frozen=True, slots=True)
class BuiltBlock:
    """A block that is ready to be written with the state's new entries."""

    block: Block
    senders: tuple[Address, ...]
    receipts: tuple[Receipt, ...]
    outcomes: tuple[StoredOutcome, ...]
    state_entries: dict[bytes, bytes]
    fee_market: FeeMarket | None

    def transaction_receipts(self) -> tuple[TransactionReceipt, ...]:
        """The receipts as users read them; nothing is read or recovered for them."""
        return receipts_of_block(
            self.block,
            self.senders,
            self.receipts,
            self.outcomes,
            self.fee_market,
        )


def context_after(
    parent: Header,
    block_hash: BlockHashes,
    fork: Fork,
    next_block: NextBlock = NOTHING_SET,
    interval: int = SECONDS_PER_BLOCK,
) -> BlockContext:
    """The context of the block that follows `parent`; its clock is logical.

    `next_block` says what is not to follow from the parent. Without a time in it, the
    block is `interval` seconds later.
    """
    timestamp, base_fee = next_block.timestamp, next_block.base_fee
    if timestamp is None:
        timestamp = require_time(parent, parent.timestamp + interval)
    if base_fee is None:
        base_fee = base_fee_after(parent, fork) or 0
    return BlockContext(
        coinbase=next_block.coinbase or parent.coinbase,
        number=parent.number + 1,
        timestamp=timestamp,
        difficulty=parent.difficulty,
        gas_limit=next_block.gas_limit or parent.gas_limit,
        block_hash=block_hash,
        fork=fork,
        base_fee=base_fee,
    )


def context_of(header: Header, block_hash: BlockHashes, fork: Fork) -> BlockContext:
    """The context of the block that has this header."""
    return BlockContext(
        coinbase=header.coinbase,
        number=header.number,
        timestamp=header.timestamp,
        difficulty=header.difficulty,
        gas_limit=header.gas_limit,
        block_hash=block_hash,
        fork=fork,
        base_fee=header.base_fee_per_gas or 0,
    )


def base_fee_after(parent: Header, fork: Fork) -> int | None:
    """The base fee of the block after `parent`, in wei; None without a fee market."""
    if fork.fee_market is None:
        return None
    if parent.base_fee_per_gas is None:
        raise InternalError("a header of a chain with a fee market has no base fee")
    return fork.fee_market.next_base_fee(
        parent.gas_limit, parent.gas_used, parent.base_fee_per_gas
    )


def require_time(parent: Header, timestamp: int) -> int:
    """The timestamp, if a block after `parent` can have it.

    Raises TimeNotAfterHead or TimeTooLate.
    """
    if timestamp <= parent.timestamp:
        raise TimeNotAfterHead(parent.timestamp, timestamp)
    if timestamp > MAX_UINT_64:
        raise TimeTooLate(timestamp, MAX_UINT_64)
    return timestamp


def empty_blocks(parent: Header, fork: Fork, times: Iterable[int]) -> Iterator[Block]:
    """Blocks without transactions that follow `parent`, one at each of these times."""
    for timestamp in times:
        parent = replace(
            parent,
            parent_hash=parent.hash,
            transactions_root=EMPTY_TRIE_ROOT,
            receipts_root=EMPTY_TRIE_ROOT,
            logs_bloom=EMPTY_BLOOM,
            number=parent.number + 1,
            gas_used=0,
            timestamp=timestamp,
            mix_hash=ZERO_HASH,
            nonce=bytes(NONCE_BYTES),
            base_fee_per_gas=base_fee_after(parent, fork),
        )
        yield Block(parent, ())


class BlockBuilder:
    """Makes the block that follows `parent`, transaction by transaction.

    The first transaction must meet the parent's state, which `executor` has opened.
    """

    def __init__(
        self, executor: Executor, parent: Header, context: BlockContext
    ) -> None:
        self._executor = executor
        self._parent = parent
        self._context = context
        self._gas_used = 0
        self._transactions: list[Transaction] = []
        self._senders: list[Address] = []
        self._receipts: list[Receipt] = []
        self._outcomes: list[StoredOutcome] = []

    def append(self, tx: Transaction, sender: Address) -> TransactionResult:
        """Run a signed transaction as the block's next; raises what `apply` raises."""
        placed = PlacedTransaction(tx, sender, self._context, self._gas_used)
        result = self._executor.apply(placed)
        self._gas_used += result.gas_used
        self._transactions.append(tx)
        self._senders.append(sender)
        self._receipts.append(receipt_of(result, self._gas_used, tx.type))
        self._outcomes.append(StoredOutcome(result.output, result.error or ""))
        return result

    @property
    def context(self) -> BlockContext:
        """The block as its transactions see it."""
        return self._context

    @property
    def gas_left(self) -> int:
        """What the block's gas limit leaves for more transactions."""
        return self._context.gas_limit - self._gas_used

    def seal(self) -> BuiltBlock:
        """The block with the transactions so far; the builder is used up."""
        state_root, state_entries = self._executor.state.commit()
        transactions, receipts = tuple(self._transactions), tuple(self._receipts)
        content = BlockContent(state_root, transactions, receipts)
        header = header_after(self._parent, self._context, content)
        return BuiltBlock(
            Block(header, transactions),
            tuple(self._senders),
            receipts,
            tuple(self._outcomes),
            state_entries,
            self._context.fork.fee_market,
        )


@dataclass(frozen=True, slots=True)
class BlockContent:
    """The header's content, besides its parent and its context."""

    state_root: Hash32
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]


def header_after(
    parent: Header, context: BlockContext, content: BlockContent
) -> Header:
    """The header of the block with this content that follows `parent`."""
    receipts = content.receipts
    return Header(
        parent_hash=parent.hash,
        ommers_hash=EMPTY_OMMERS_HASH,
        coinbase=context.coinbase,
        state_root=content.state_root,
        transactions_root=transactions_root(content.transactions),
        receipts_root=receipts_root(receipts),
        logs_bloom=merge_blooms(receipt.bloom for receipt in receipts),
        difficulty=context.difficulty,
        number=context.number,
        gas_limit=context.gas_limit,
        gas_used=receipts[-1].cumulative_gas_used if receipts else 0,
        timestamp=context.timestamp,
        extra_data=parent.extra_data,
        mix_hash=ZERO_HASH,
        nonce=bytes(NONCE_BYTES),
        base_fee_per_gas=context.base_fee if context.fork.fee_market else None,
    )


def receipt_of(
    result: TransactionResult, cumulative_gas_used: int, type_: int
) -> Receipt:
    """The receipt that the chain commits to (EIP-658) of a transaction of this type."""
    return make_receipt(result.succeeded, cumulative_gas_used, result.logs, type_)
