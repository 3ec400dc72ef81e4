"""Refusals of the pool: one class per reason, with the facts.

What can be in no block is refused with the InvalidTransaction that a block would raise.
"""

from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import Hash32, format_data


class PoolRefusal(ChainError):
    """The pool does not take the transaction; it may still be valid."""


class AlreadyInPool(PoolRefusal):
    """The same transaction waits already."""

    def __init__(self, tx_hash: Hash32) -> None:
        super().__init__(f"transaction already imported: {format_data(tx_hash)}")
        self.tx_hash = tx_hash


class ReplacementUnderpriced(PoolRefusal):
    """Another one with the sender and nonce pays as much at most; wei for a gas."""

    def __init__(self, max_fee: int, waiting_max_fee: int) -> None:
        super().__init__(
            f"replacement transaction underpriced: it pays {max_fee} at most,"
            f" the one that waits {waiting_max_fee}"
        )
        self.max_fee = max_fee
        self.waiting_max_fee = waiting_max_fee


class PoolFull(PoolRefusal):
    """The pool has as many transactions as it takes, of all senders or of one."""

    def __init__(self, most: int, of: str) -> None:
        super().__init__(f"txpool is full: {most} transactions {of} wait already")
        self.most = most
