"""The newest accepted transactions, by the number of their arrival."""

from collections import deque
from itertools import islice

from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction

MAX_REMEMBERED = 10_000


class PendingLog:
    """Remembers what was accepted last; readers keep their own place."""

    def __init__(self) -> None:
        self.count = 0
        self._newest: deque[tuple[Transaction, Address]] = deque(maxlen=MAX_REMEMBERED)

    def append(self, tx: Transaction, sender: Address) -> None:
        """A transaction was accepted."""
        self._newest.append((tx, sender))
        self.count += 1

    def since(self, place: int) -> list[tuple[Transaction, Address]]:
        """Those accepted after the first `place` ones, as far as remembered."""
        missing = min(self.count - place, len(self._newest))
        return [*islice(self._newest, len(self._newest) - missing, None)]
