"""The node: a chain, the keys it signs with, and what its clients wait for."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.pool.block_filling import PoolOrder
from chain_sim.ethereum.pool.transaction_pool import PooledTransaction
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    UnknownBlock,
    UnknownSnapshot,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.node.errors import RESOURCE_NOT_FOUND, RpcError, invalid_params
from chain_sim.node.events.filters import Filters
from chain_sim.node.events.pending_log import PendingLog
from chain_sim.node.events.subscriptions import Subscriptions
from chain_sim.node.explorer.explorer import explorer_of
from chain_sim.node.values import BlockChoice
from contractvm.wasm.engines.stop_flag import StopFlag


class NodeOptions(Struct, frozen=True):
    """Choices of a node that are not the chain's.

    `call_gas_limit` bounds calls and estimates; None is the block's gas limit. `order`
    is that of waiting transactions, "fees" or "fifo". `now` is the time of blocks in
    seconds; None leaves it to the chain's logical clock. `block_time_step` is the
    seconds from a block to the next there; None leaves what the chain has. `instance`
    is the id of this run, by which clients tell it from others. `client_version` is
    what the node calls itself; None is its own name.
    """

    call_gas_limit: int | None = None
    has_receipt_details: bool = False
    order: str = PoolOrder.FEES.value
    automines: bool = True
    interval_seconds: float | None = None
    block_time_step: int | None = None
    now: Callable[[], int] | None = None
    auto_impersonates: bool = False
    instance: str | None = None
    client_version: str | None = None


DEFAULT_OPTIONS = NodeOptions()
SUGGESTED_TIP = 1_000_000_000  # wei


class Node:
    """What the functions of the table work on; all that writes is on one thread.

    `added_seconds` is what clients have added to the clock.
    """

    def __init__(
        self,
        chain: Blockchain,
        keys: Mapping[Address, bytes],
        options: NodeOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.chain = chain
        self.keys = keys
        self.options = options
        self.reader = chain.reader
        self.explorer = explorer_of(chain)
        self.pool = chain.pool
        self.pool.order = PoolOrder(options.order)
        self.automines = options.automines
        self.interval_seconds = options.interval_seconds
        self.impersonated: set[Address] = set()
        self.auto_impersonates = options.auto_impersonates
        self.added_seconds = 0
        self._added_before: dict[int, int] = {}
        self.is_interval_set = False
        self.is_logging = True
        self.pending_log = PendingLog()
        self.filters = Filters(self.store, self.pending_log)
        self.subscriptions = Subscriptions(
            self.store, self.pending_log, chain.head.hash
        )
        self.use_stop_flag(StopFlag())
        if options.block_time_step is not None:
            chain.clock.set_interval(options.block_time_step)

    @property
    def store(self) -> BlockStore:
        """Blocks and receipts of every branch."""
        return self.reader.head.store

    @property
    def head_number(self) -> int:
        """The number of the newest block."""
        return self.chain.head.header.number

    @property
    def first_number(self) -> int:
        """The number of the first block."""
        loaded = self.chain.genesis.loaded
        return 0 if loaded is None else loaded.number

    @property
    def first_hash(self) -> Hash32:
        """The hash of the first block."""
        return self.store.hash_at(self.first_number) or self.chain.head.hash

    @property
    def suggested_tip(self) -> int:
        """What clients are told to offer beyond the base fee, in wei."""
        market = self.chain.fork.fee_market
        return SUGGESTED_TIP if market is None or market.has_tips else 0

    @property
    def suggested_price(self) -> int:
        """What clients are told to offer for a gas in the next block, in wei."""
        return (self.chain.next_block.base_fee or 0) + self.suggested_tip

    def may_send_as(self, address: Address) -> bool:
        """Whether the account sends without a signature."""
        return self.auto_impersonates or address in self.impersonated

    def use_stop_flag(self, flag: StopFlag) -> None:
        """Have the runs of contracts end when this flag is set."""
        self._stop_flag = flag
        self.chain.engine.stop_flag = flag

    def interrupt(self, reason: str) -> None:
        """End the run of a contract, and every later one, from any thread.

        The request of it fails; the chain stays as it is.
        """
        self._stop_flag.set(reason)

    def require_running(self) -> None:
        """Raise Stopped if the node is to end: for work in a long loop."""
        self._stop_flag.check()

    # Transactions and blocks

    def next_nonce(self, address: Address) -> int:
        """The nonce of the account's next transaction, after those that wait."""
        return self.pool.next_nonce(address)

    def accept(self, tx: Transaction, sender: Address | None = None) -> None:
        """Take a transaction; where the node mines automatically, make its block.

        One without a signature has its `sender`. Raises InvalidTransaction and
        PoolRefusal, and then nothing has changed.
        """
        waiting = tuple(self.pool) if self.automines else ()
        pooled = self.pool.add(tx, sender)
        if self.automines:
            try:
                self._make_automatic_block()
            except BaseException:
                self._take_back(pooled, waiting)
                raise
        self.pending_log.append(tx, pooled.sender)

    def _take_back(
        self, pooled: PooledTransaction, waiting: Iterable[PooledTransaction]
    ) -> None:
        """Forget a transaction; the one that it replaced waits again."""
        self.pool.drop(pooled.hash)
        for one in waiting:
            is_same = one.sender == pooled.sender and one.tx.nonce == pooled.tx.nonce
            if is_same and self.pool.get(one.hash) is None:
                self.pool.add(one.tx, one.sender)

    def set_automine(self, is_on: bool) -> None:
        """Whether each transaction makes a block at once; if so, those that wait do."""
        self.automines = is_on
        if is_on:
            self._make_automatic_block()

    def mine(
        self,
        count: int,
        *,
        timestamp: int | None = None,
        interval: int | None = None,
    ) -> None:
        """Make blocks of what waits; the first has the timestamp, in seconds, if given.

        `interval` is the seconds between them, by default the chain's. Raises
        TimeNotAfterHead and TimeTooLate.
        """
        clock = self.chain.clock
        for done in range(count):
            if timestamp is None and interval is not None and not clock.is_set:
                timestamp = self.chain.head.header.timestamp + interval
            self._make_block(timestamp)
            timestamp = None
            if not len(self.pool):
                rest = count - done - 1
                self.chain.mine_blocks(
                    rest, interval=interval, progress=self._mining_progress
                )
                return

    def tick(self) -> None:
        """Make the block that interval mining is due to make."""
        self._make_block(None)

    def revise_pool(self) -> None:
        """Forget waiting transactions that the changed accounts have made stale."""
        if len(self.pool):
            self.pool.executable()

    def snapshot(self) -> int:
        """Remember the chain, and what clients have added to its clock."""
        number = self.chain.snapshot()
        self._added_before[number] = self.added_seconds
        return number

    def revert(self, snapshot: int) -> None:
        """Go back to a snapshot; raises UnknownSnapshot."""
        self.chain.revert(snapshot)
        self.added_seconds = self._added_before.get(snapshot, self.added_seconds)
        self.revise_pool()

    def reset(self) -> None:
        """Go back to the first block; what was set and what waits is forgotten."""
        self.chain.branches.rollback(self.head_number - self.first_number)
        self.pool.clear()
        self.impersonated.clear()
        self.added_seconds = 0
        try:
            self.chain.branches.forget_since(1)
        except UnknownSnapshot:
            return

    def _mining_progress(self, phase: str, done: int, total: int | None) -> None:  # noqa: ARG002 (a Progress)
        self.require_running()

    def _make_automatic_block(self) -> None:
        if self.pool.executable():
            self._make_block(None)

    def _make_block(self, timestamp: int | None) -> None:
        self.pool.mine(self._wall_time() if timestamp is None else timestamp)

    @property
    def time(self) -> int:
        """That of the machine with what was added, or of the next block; in seconds."""
        now = self.options.now
        return self.chain.clock.next_time if now is None else now() + self.added_seconds

    def _wall_time(self) -> int | None:
        """The machine's time, after the head's; None where the chain's clock is set."""
        if self.options.now is None or self.chain.clock.is_set:
            return None
        return max(self.time, self.chain.head.header.timestamp + 1)

    # Blocks

    def find_block(self, choice: BlockChoice) -> Block | None:
        """The block that is meant; None where there is none.

        `pending` is the head here.
        """
        try:
            return self.block(choice)
        except RpcError:
            return None

    def block(self, choice: BlockChoice) -> Block:
        """The block that is meant; `pending` is the head here. Raises RpcError."""
        if choice.hash is not None:
            return self._block_with_hash(choice)
        number = choice.number
        if number is None:
            if choice.tag != "earliest":
                return self.chain.head
            number = self.first_number
        try:
            return self.reader.block(number)
        except UnknownBlock as error:
            raise invalid_params(
                f"block height is {self.head_number} but requested was {number}"
            ) from error
        except BlockNotKept as error:
            raise not_kept(number) from error

    def _block_with_hash(self, choice: BlockChoice) -> Block:
        try:
            if choice.must_be_canonical:
                return self.reader.block(choice.hash or b"")
            return self.reader.find_block(choice.hash)
        except UnknownBlock as error:
            raise RpcError(RESOURCE_NOT_FOUND, "Resource not found") from error


def not_kept(number: int) -> RpcError:
    """The state of a block was pruned."""
    return RpcError(RESOURCE_NOT_FOUND, f"state of block {number} is not kept")
