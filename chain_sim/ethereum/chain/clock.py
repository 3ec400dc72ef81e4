"""The logical clock of a chain."""

from chain_sim.ethereum.chain.head import Head
from gas_schedule.arguments import as_int

SECONDS = "an int, in seconds since 1970"


class Clock:
    """The time of the next block: its parent's plus one second, unless it is set."""

    def __init__(self, head: Head) -> None:
        self._head = head

    @property
    def next_time(self) -> int:
        """The timestamp that the next block will have, in seconds."""
        return self._head.next_time

    @property
    def is_set(self) -> bool:
        """Whether a time was set for the next block."""
        return self._head.set_time is not None

    def set(self, timestamp: int) -> None:
        """Give the next block this timestamp; later ones continue from there.

        It is kept in the database until that block, and forgotten when the head moves
        otherwise. Raises TimeNotAfterHead or TimeTooLate.
        """
        self._head.set_next_time(as_int(timestamp, "timestamp", SECONDS))

    def advance(self, seconds: int) -> int:
        """Make the next block this much later; return its timestamp.

        Raises TimeNotAfterHead or TimeTooLate.
        """
        timestamp = self.next_time + as_int(seconds, "seconds")
        self.set(timestamp)
        return timestamp
