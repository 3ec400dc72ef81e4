"""Filling a block from the pool: which transactions come first, and which fit."""

from collections.abc import Iterable
from enum import Enum
from heapq import heapify, heappop, heappush

from chain_sim.ethereum.execution.block_building import BlockBuilder
from chain_sim.ethereum.pool.transaction_pool import PooledTransaction
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    InvalidTransaction,
    MaxFeeTooLow,
)

Priority = tuple[int, int]


class PoolOrder(Enum):
    """Which transactions come first; those of one sender come in nonce order.

    FEES: the highest priority fee at the block's base fee, and of equal ones the first
    to arrive. FIFO: the first to arrive.
    """

    FEES = "fees"
    FIFO = "fifo"


class BlockFilling:
    """Fills one block with the transactions that are `included` then.

    `invalid` are those that can no longer run. One that does not fit, or pays less than
    the base fee, stays in the pool, and the sender's later ones with it; other senders'
    may follow.
    """

    def __init__(
        self, runs: Iterable[tuple[PooledTransaction, ...]], order: PoolOrder
    ) -> None:
        self.included: list[PooledTransaction] = []
        self.invalid: list[PooledTransaction] = []
        self._runs = tuple(runs)
        self._order = order

    def __call__(self, builder: BlockBuilder) -> None:
        """Append to the block what fits, in order."""
        base_fee = builder.context.base_fee
        # By priority: no two transactions have the same time of arrival.
        heads = [(self._priority(run[0], base_fee), run, 0) for run in self._runs]
        heapify(heads)
        while heads:
            _, run, at = heappop(heads)
            if self._append(builder, run[at]) and at + 1 < len(run):
                priority = self._priority(run[at + 1], base_fee)
                heappush(heads, (priority, run, at + 1))

    def _append(self, builder: BlockBuilder, pooled: PooledTransaction) -> bool:
        """Whether it is in the block now, so that the sender's next one may follow."""
        try:
            builder.append(pooled.tx, pooled.sender)
        except (BlockGasLimitExceeded, MaxFeeTooLow):
            return False
        except InvalidTransaction:
            self.invalid.append(pooled)
            return False
        self.included.append(pooled)
        return True

    def _priority(self, pooled: PooledTransaction, base_fee: int) -> Priority:
        """The smallest comes first."""
        if self._order is PoolOrder.FIFO:
            return pooled.arrival, 0
        return base_fee - pooled.tx.effective_gas_price(base_fee), pooled.arrival
