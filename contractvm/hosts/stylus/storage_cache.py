"""A frame's cache of storage slots."""


class StorageCache:
    """Slots that a frame has read or wants to write, in the order of first use.

    `known` is the value in the trie, as far as the frame knows it; a slot whose value
    is another one is dirty.
    """

    __slots__ = ("_known", "_values", "reads", "writes")

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._known: dict[bytes, bytes] = {}
        self.reads = 0
        self.writes = 0

    def get(self, key: bytes) -> bytes | None:
        """The slot's value; None if the frame has neither read nor written it."""
        return self._values.get(key)

    def learn(self, key: bytes, value: bytes) -> None:
        """Keep what was read from the trie."""
        self._values[key] = self._known[key] = value

    def write(self, key: bytes, value: bytes) -> None:
        """Change the value; the trie keeps its own until a flush."""
        self._values[key] = value

    def take_dirty(self) -> list[tuple[bytes, bytes]]:
        """The slots to write; they count as known from now on."""
        dirty = [
            (key, value)
            for key, value in self._values.items()
            if self._known.get(key) != value
        ]
        self._known.update(dirty)
        return dirty

    def clear(self) -> None:
        """Forget all slots; the counts go on."""
        self._values.clear()
        self._known.clear()
