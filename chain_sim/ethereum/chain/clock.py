"""The logical clock of a chain."""

from msgspec import structs

from chain_sim.ethereum.blocks.history_errors import TimeTooLate
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.execution.block_building import require_time
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64
from gas_schedule.arguments import as_int

SECONDS = "an int, in seconds since 1970"


class Clock:
    """The time of the next block: its parent's plus the interval, unless it is set."""

    def __init__(self, head: Head) -> None:
        self._head = head

    @property
    def next_time(self) -> int:
        """The timestamp that the next block will have, in seconds."""
        head = self._head
        if head.next_block.timestamp is not None:
            return head.next_block.timestamp
        return head.block.header.timestamp + head.interval

    @property
    def is_set(self) -> bool:
        """Whether a time was set for the next block."""
        return self._head.next_block.timestamp is not None

    def set(self, timestamp: int) -> None:
        """Give the next block this timestamp; later ones continue from there.

        It is kept in the database until that block, and forgotten when the head moves
        otherwise. Raises TimeNotAfterHead or TimeTooLate.
        """
        as_int(timestamp, "timestamp", SECONDS)
        require_time(self._head.block.header, timestamp)
        changed = structs.replace(self._head.next_block, timestamp=timestamp)
        self._head.set_next(changed)

    def advance(self, seconds: int) -> int:
        """Make the next block this much later; return its timestamp.

        Raises TimeNotAfterHead or TimeTooLate.
        """
        timestamp = self.next_time + as_int(seconds, "seconds")
        self.set(timestamp)
        return timestamp

    @property
    def interval(self) -> int:
        """Seconds from a block to the next, 1 unless it is set."""
        return self._head.interval

    def set_interval(self, seconds: int | None) -> None:
        """Put this many seconds between blocks from now on; None for the usual one.

        It is kept in the database, also when the head moves.
        """
        self._head.set_interval(None if seconds is None else require_interval(seconds))


def require_interval(seconds: int) -> int:
    """The seconds, if they can be those between blocks; raises TimeTooLate."""
    if as_int(seconds, "seconds", at_least=1) > MAX_UINT_64:
        raise TimeTooLate(seconds, MAX_UINT_64)
    return seconds
