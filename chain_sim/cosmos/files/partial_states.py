"""States that know what was read of them, and states of nothing but that.

What is known of a state is a list of ranges of keys, each with all its entries. A key
that is looked up is a range of one; a walk makes a range of all that it passed.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chain_sim.cosmos.files.errors import StateIncomplete
from chain_sim.cosmos.state.ordered_state import OrderedState

# From the first key until before the second.
KeyRange = tuple[bytes, bytes]


class RecordingState(OrderedState):
    """Notes which parts of it are read, or must be known to write them."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        super().__init__(entries)
        self._read: set[KeyRange] = set()

    def ranges(self) -> list[KeyRange]:
        """What was read, in order; no two ranges touch."""
        return joined(self._read)

    def _note(self, start: bytes, end: bytes) -> None:
        if start < end:
            self._read.add((start, end))

    def get(self, key: bytes) -> bytes | None:
        """See OrderedState."""
        self._note(key, after(key))
        return super().get(key)

    def set(self, key: bytes, value: bytes) -> None:
        """See OrderedState."""
        self._note(key, after(key))
        super().set(key, value)

    def delete(self, key: bytes) -> None:
        """See OrderedState."""
        self._note(key, after(key))
        super().delete(key)

    def following(self, key: bytes, end: bytes) -> bytes | None:
        """See OrderedState."""
        found = super().following(key, end)
        self._note(key, end if found is None else after(found))
        return found

    def preceding(self, key: bytes, start: bytes) -> bytes | None:
        """See OrderedState."""
        found = super().preceding(key, start)
        self._note(start if found is None else found, key)
        return found

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See OrderedState."""
        self._note(start, end)
        return super().range(start, end)


class PartialState(OrderedState):
    """A state of which only some ranges are known; raises StateIncomplete elsewhere."""

    def __init__(
        self, entries: Mapping[bytes, bytes], ranges: Sequence[KeyRange]
    ) -> None:
        super().__init__(entries)
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def knows(self, key: bytes) -> bool:
        """Whether the key is in one of the ranges."""
        try:
            self._require(key, after(key))
        except StateIncomplete:
            return False
        return True

    def _require(self, start: bytes, end: bytes) -> None:
        if start >= end:
            return
        place = bisect_right(self._starts, start) - 1
        if place < 0 or self._ends[place] <= start:
            raise StateIncomplete(start)
        if self._ends[place] < end:
            raise StateIncomplete(self._ends[place])

    def get(self, key: bytes) -> bytes | None:
        """See OrderedState."""
        self._require(key, after(key))
        return super().get(key)

    def set(self, key: bytes, value: bytes) -> None:
        """See OrderedState."""
        self._require(key, after(key))
        super().set(key, value)

    def delete(self, key: bytes) -> None:
        """See OrderedState."""
        self._require(key, after(key))
        super().delete(key)

    def following(self, key: bytes, end: bytes) -> bytes | None:
        """See OrderedState."""
        found = super().following(key, end)
        self._require(key, end if found is None else after(found))
        return found

    def preceding(self, key: bytes, start: bytes) -> bytes | None:
        """See OrderedState."""
        found = super().preceding(key, start)
        self._require(start if found is None else found, key)
        return found

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See OrderedState."""
        self._require(start, end)
        return super().range(start, end)


def after(key: bytes) -> bytes:
    """The next key."""
    return key + b"\0"


def joined(ranges: Iterable[KeyRange]) -> list[KeyRange]:
    """The same keys in as few ranges as possible, in order."""
    found: list[KeyRange] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
