"""The interface of every database that a chain can use."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol


class KeyValueStore(Protocol):
    """Bytes under bytes, ordered by key. After close() each call is DatabaseClosed."""

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, None if there is none."""
        ...

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys that start with `prefix`, with their values, in key order.

        Shows the database as it was at the call, despite later writes.
        """
        ...

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """Delete, then put, atomically: on disk at return, or not at all.

        A key may be in both (it then has the value put); a missing one may be deleted.
        """
        ...

    def compact(self) -> None:
        """Reclaim the space of deleted or replaced entries; may take a while."""
        ...

    def close(self) -> None:
        """Free what the database holds; closing twice is allowed."""
        ...
