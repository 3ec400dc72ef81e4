"""A database that ends with the process."""

from collections.abc import Collection, Iterator, Mapping
from typing import Self

from chain_sim.database.errors import DatabaseClosed


class MemoryDatabase:
    """A KeyValueStore in a dict."""

    def __init__(self) -> None:
        self._entries: dict[bytes, bytes] | None = {}

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        return self._open_entries().get(key)

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See KeyValueStore.iterate; copies its results at the call."""
        entries = self._open_entries()
        keys = sorted(key for key in entries if key.startswith(prefix))
        return iter([(key, entries[key]) for key in keys])

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """See KeyValueStore.write_batch."""
        entries = self._open_entries()
        for key in deletes:
            entries.pop(key, None)
        entries.update(puts)

    def compact(self) -> None:
        """See KeyValueStore.compact; a dict holds nothing that was deleted."""
        self._open_entries()

    def close(self) -> None:
        """See KeyValueStore.close; the entries are gone."""
        self._entries = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_entries(self) -> dict[bytes, bytes]:
        if self._entries is None:
            raise DatabaseClosed
        return self._entries
