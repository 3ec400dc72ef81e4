"""Entries in memory over a read-only database."""

from collections.abc import Collection, Iterator, Mapping

from chain_sim.database.interface import KeyValueStore


class LayeredDatabase:
    """A KeyValueStore: writes stay here, reads come from both."""

    def __init__(self, base: KeyValueStore) -> None:
        self._base = base
        self.new_entries: dict[bytes, bytes] = {}
        self.size_bytes = 0

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        value = self.new_entries.get(key)
        return self._base.get(key) if value is None else value

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See KeyValueStore.iterate; copies its results at the call."""
        found = dict(self._base.iterate(prefix))
        for key, value in self.new_entries.items():
            if key.startswith(prefix):
                found[key] = value
        return iter(sorted(found.items()))

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """See KeyValueStore.write_batch; only what was written here can be deleted."""
        for key in deletes:
            self._drop(key)
        for key, value in puts.items():
            self._drop(key)
            self.new_entries[key] = value
            self.size_bytes += len(key) + len(value)

    def _drop(self, key: bytes) -> None:
        value = self.new_entries.pop(key, None)
        if value is not None:
            self.size_bytes -= len(key) + len(value)

    def forget(self) -> None:
        """Drop everything written."""
        self.new_entries.clear()
        self.size_bytes = 0

    def compact(self) -> None:
        """See KeyValueStore.compact; a dict holds nothing that was deleted."""

    def close(self) -> None:
        """See KeyValueStore.close; the database below stays open."""
        self.forget()
