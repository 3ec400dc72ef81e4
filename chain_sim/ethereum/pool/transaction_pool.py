"""Transactions that wait for a block: admission, replacement, limits."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from msgspec import Struct

from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import check_form, check_transaction
from chain_sim.ethereum.pool.errors import (
    AlreadyInPool,
    PoolFull,
    ReplacementUnderpriced,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction, recover_sender
from chain_sim.ethereum.state.world_state import WorldState
from gas_schedule.schedule import GasSchedule

MAX_TRANSACTIONS = 10_000
MAX_OF_A_SENDER = 1_000


class PooledTransaction(Struct, frozen=True):
    """A transaction that waits; `arrival` counts those that came to the pool."""

    tx: Transaction
    sender: Address
    hash: Hash32
    arrival: int


@dataclass(frozen=True, slots=True)
class PoolView:
    """The chain as the pool sees it: its rules, the next block, and its state."""

    chain_id: int
    schedule: GasSchedule
    next_context: Callable[[], BlockContext]
    open_state: Callable[[], WorldState]


class TransactionPool:
    """Waiting transactions, in memory only.

    Executable are those of a sender from its account's nonce on, without a gap; the
    others are queued. What a block or another head made stale is dropped as it is met.
    """

    def __init__(
        self,
        view: PoolView,
        most: int = MAX_TRANSACTIONS,
        most_of_a_sender: int = MAX_OF_A_SENDER,
    ) -> None:
        self._view = view
        self._most = most
        self._most_of_a_sender = most_of_a_sender
        self._by_hash: dict[Hash32, PooledTransaction] = {}
        self._by_sender: dict[Address, dict[int, PooledTransaction]] = {}
        self._arrivals = count()

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, tx_hash: Hash32) -> PooledTransaction | None:
        """The waiting transaction with this hash."""
        return self._by_hash.get(tx_hash)

    def add(self, tx: Transaction, sender: Address | None = None) -> PooledTransaction:
        """Take a transaction in; another with its sender and nonce must pay less.

        Its signature says who sends it, unless `sender` is given for one without. In
        this order it raises WrongChainId, InvalidSignature, AlreadyInPool,
        UnsupportedTransactionType, GasLimitTooLarge, AccessListNotPriced,
        IntrinsicGasTooLow, BlockGasLimitExceeded, PriorityFeeTooHigh, NonceTooLow,
        MaxFeeTooLow, InsufficientBalance, ReplacementUnderpriced and PoolFull; then
        nothing has changed.
        """
        view = self._view
        if sender is None:
            sender = recover_sender(tx, view.chain_id)
        tx_hash = tx.hash
        if tx_hash in self._by_hash:
            raise AlreadyInPool(tx_hash)
        placed = PlacedTransaction(tx, sender, view.next_context())
        check_form(placed, view.schedule)
        state = view.open_state()
        check_transaction(placed, state, may_wait=True)
        waiting = self._by_sender.get(sender, {}).get(tx.nonce)
        if waiting is None:
            self._require_room(sender, state)
        elif tx.max_fee_per_gas <= waiting.tx.max_fee_per_gas:
            raise ReplacementUnderpriced(tx.max_fee_per_gas, waiting.tx.max_fee_per_gas)
        else:
            self._remove(waiting)
        pooled = PooledTransaction(tx, sender, tx_hash, next(self._arrivals))
        self._by_hash[tx_hash] = pooled
        self._by_sender.setdefault(sender, {})[tx.nonce] = pooled
        return pooled

    def take_over(self, waiting: Iterable[PooledTransaction]) -> None:
        """Put in what waits in another pool of the same chain, unchecked."""
        for pooled in waiting:
            self._by_hash[pooled.hash] = pooled
            self._by_sender.setdefault(pooled.sender, {})[pooled.tx.nonce] = pooled

    def arrivals(self) -> Iterator[PooledTransaction]:
        """All, in the order in which they came."""
        yield from self._by_hash.values()

    def drop(self, tx_hash: Hash32) -> PooledTransaction | None:
        """Take a transaction out; None if it does not wait. Later ones are queued."""
        pooled = self._by_hash.get(tx_hash)
        if pooled is not None:
            self._remove(pooled)
        return pooled

    def drop_sender(self, sender: Address) -> tuple[PooledTransaction, ...]:
        """Take all of a sender's out; those taken, in the order of their nonces."""
        dropped = self._in_order(sender)
        for pooled in dropped:
            self._remove(pooled)
        return dropped

    def clear(self) -> None:
        """Take everything out."""
        self._by_hash.clear()
        self._by_sender.clear()

    def next_nonce(self, sender: Address) -> int:
        """The account's nonce after its executable transactions."""
        nonce = self._view.open_state().get_nonce(sender)
        waiting = self._by_sender.get(sender, {})
        while nonce in waiting:
            nonce += 1
        return nonce

    def executable(self) -> tuple[tuple[PooledTransaction, ...], ...]:
        """The executable transactions of each sender, in the order of their nonces.

        Those whose nonce was used since are dropped.
        """
        state = self._view.open_state()
        runs = (self._run_of(sender, state) for sender in tuple(self._by_sender))
        return tuple(run for run in runs if run)

    def queued(self) -> tuple[PooledTransaction, ...]:
        """The others, by sender, in the order of their nonces."""
        ready = {pooled.hash for run in self.executable() for pooled in run}
        return tuple(pooled for pooled in self if pooled.hash not in ready)

    def __iter__(self) -> Iterator[PooledTransaction]:
        """All, in the order of senders' addresses, and of their nonces."""
        for sender in sorted(self._by_sender):
            yield from self._in_order(sender)

    def _run_of(
        self, sender: Address, state: WorldState
    ) -> tuple[PooledTransaction, ...]:
        nonce = state.get_nonce(sender)
        for pooled in self._in_order(sender):
            if pooled.tx.nonce < nonce:
                self._remove(pooled)
        waiting = self._by_sender.get(sender, {})
        run = []
        while nonce in waiting:
            run.append(waiting[nonce])
            nonce += 1
        return tuple(run)

    def _in_order(self, sender: Address) -> tuple[PooledTransaction, ...]:
        waiting = self._by_sender.get(sender, {})
        return tuple(waiting[nonce] for nonce in sorted(waiting))

    def _require_room(self, sender: Address, state: WorldState) -> None:
        if len(self._by_sender.get(sender, ())) >= self._most_of_a_sender:
            self._run_of(sender, state)
            if len(self._by_sender.get(sender, ())) >= self._most_of_a_sender:
                raise PoolFull(self._most_of_a_sender, "of the sender")
        if len(self._by_hash) >= self._most:
            self.executable()
            if len(self._by_hash) >= self._most:
                raise PoolFull(self._most, "in all")

    def _remove(self, pooled: PooledTransaction) -> None:
        del self._by_hash[pooled.hash]
        waiting = self._by_sender[pooled.sender]
        del waiting[pooled.tx.nonce]
        if not waiting:
            del self._by_sender[pooled.sender]
