"""Storage of the stand-in chains: keys and values in memory, and what access costs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contractvm.hosts.cosmwasm.backend import Cost, Order, Pair
from contractvm.hosts.cosmwasm.errors import BackendErr


@dataclass(frozen=True, slots=True)
class StorageCosts:
    """External gas of access; `next` is the contract's, `end` that of the last next."""

    get: Callable[[int], int]
    write: Callable[[int, int], int]
    remove: Callable[[int], int]
    scan: int
    next: Callable[[int, int], int]
    end: int


BY_LENGTH = StorageCosts(
    get=lambda key: key,
    write=lambda key, value: key + value,
    remove=lambda key: key,
    scan=11,
    next=lambda key, value: key + value,
    end=37,
)
FLAT = StorageCosts(
    get=lambda _: 99_000,
    write=lambda _, __: 187_000,
    remove=lambda _: 142_000,
    scan=261_000,
    next=lambda _, __: 0,
    end=0,
)


class MockStorage:
    """A contract's storage; an iterator shows the keys of the time of its scan.

    Iterators count from 1.
    """

    def __init__(self, costs: StorageCosts = BY_LENGTH) -> None:
        self.entries: dict[bytes, bytes] = {}
        self._costs = costs
        self._iterators: list[Iterator[Pair]] = []

    def get(self, key: bytes) -> tuple[bytes | None, Cost]:
        """See Storage."""
        return self.entries.get(key), Cost(external=self._costs.get(len(key)))

    def set(self, key: bytes, value: bytes) -> Cost:
        """See Storage."""
        self.entries[key] = value
        return Cost(external=self._costs.write(len(key), len(value)))

    def remove(self, key: bytes) -> Cost:
        """See Storage."""
        self.entries.pop(key, None)
        return Cost(external=self._costs.remove(len(key)))

    def scan(
        self, start: bytes | None, end: bytes | None, order: Order
    ) -> tuple[int, Cost]:
        """See Storage."""
        pairs = [
            (key, value)
            for key, value in sorted(self.entries.items())
            if (start is None or key >= start) and (end is None or key < end)
        ]
        if order is Order.DESCENDING:
            pairs.reverse()
        self._iterators.append(iter(pairs))
        return len(self._iterators), Cost(external=self._costs.scan)

    def next(self, iterator: int) -> tuple[Pair | None, Cost]:
        """See Storage."""
        if not 1 <= iterator <= len(self._iterators):
            raise BackendErr(f"Iterator with ID {iterator} does not exist")
        pair = next(self._iterators[iterator - 1], None)
        if pair is None:
            return None, Cost(external=self._costs.end)
        return pair, Cost(internal=self._costs.next(len(pair[0]), len(pair[1])))
