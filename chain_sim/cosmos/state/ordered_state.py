"""Keys and values in order, with a journal: what was changed since a mark can go."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping


class OrderedState:
    """The state after the newest message, in memory.

    `mark` and `roll_back` undo changes in the reverse order; marks of a block that was
    sealed are void.
    """

    def __init__(self, entries: Mapping[bytes, bytes] | None = None) -> None:
        self._values: dict[bytes, bytes] = dict(entries or {})
        self._keys = sorted(self._values)
        # Each change with what was there before.
        self._journal: list[tuple[bytes, bytes | None]] = []

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, None if there is none."""
        return self._values.get(key)

    def set(self, key: bytes, value: bytes) -> None:
        """Write a value."""
        self._journal.append((key, self._values.get(key)))
        self._put(key, value)

    def delete(self, key: bytes) -> None:
        """Remove a key, which need not exist."""
        if key in self._values:
            self._journal.append((key, self._values[key]))
            self._drop(key)

    def following(self, key: bytes, end: bytes) -> bytes | None:
        """The first key from `key` on that is before `end`."""
        place = bisect_left(self._keys, key)
        if place < len(self._keys) and self._keys[place] < end:
            return self._keys[place]
        return None

    def preceding(self, key: bytes, start: bytes) -> bytes | None:
        """The last key before `key` that is not before `start`."""
        place = bisect_left(self._keys, key) - 1
        if place >= 0 and self._keys[place] >= start:
            return self._keys[place]
        return None

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Entries from `start` until before `end`, as they are now."""
        keys = self._keys[bisect_left(self._keys, start) : bisect_left(self._keys, end)]
        return iter([(key, self._values[key]) for key in keys])

    def mark(self) -> int:
        """A point to return to."""
        return len(self._journal)

    def roll_back(self, mark: int) -> None:
        """Undo what was changed since `mark`."""
        while len(self._journal) > mark:
            key, before = self._journal.pop()
            if before is None:
                self._drop(key)
            else:
                self._put(key, before)

    def seal(self) -> dict[bytes, tuple[bytes | None, bytes | None]]:
        """What changed since the last seal: before and after, by key in order."""
        changes = self.changes_since(0)
        self._journal.clear()
        return changes

    def changes_since(
        self, mark: int
    ) -> dict[bytes, tuple[bytes | None, bytes | None]]:
        """What changed since a mark: before and after, by key in order."""
        first: dict[bytes, bytes | None] = {}
        for key, before in self._journal[mark:]:
            first.setdefault(key, before)
        changes = {key: (first[key], self._values.get(key)) for key in sorted(first)}
        return {key: pair for key, pair in changes.items() if pair[0] != pair[1]}

    def entries(self) -> dict[bytes, bytes]:
        """A copy of everything."""
        return {key: self._values[key] for key in self._keys}

    def _put(self, key: bytes, value: bytes) -> None:
        if key not in self._values:
            insort(self._keys, key)
        self._values[key] = value

    def _drop(self, key: bytes) -> None:
        del self._values[key]
        del self._keys[bisect_left(self._keys, key)]
