"""What the chain asks of a database: the contract that every kind of it keeps."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol


class KeyValueStore(Protocol):
    """Bytes under bytes, ordered by key. After close() each call is DatabaseClosed."""

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, None if there is none."""
        ...

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys that start with `prefix`, and values, in order of the keys.

        Shows the database as it was at the call, whatever is written meanwhile.
        """
        ...

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        """Delete, then put, as one step: on disk as a whole at return, or not at all.

        A key may be in both (it then has the value put); a missing one may be deleted.
        """
        ...

    def compact(self) -> None:
        """Give back the room of what was deleted or replaced; may take a while."""
        ...

    def close(self) -> None:
        """Free what the database holds; closing twice is no fault."""
        ...
