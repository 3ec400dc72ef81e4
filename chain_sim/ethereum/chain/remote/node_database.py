"""The database of a chain that a node has, read entry by entry."""

from collections.abc import Collection, Iterator, Mapping

from chain_sim.database.errors import DatabaseReadOnly
from chain_sim.database.meta_keys import META
from chain_sim.ethereum.chain.remote.answers import data, document, list_of, optional
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import format_data

UNCHANGING = (keys.NODE, keys.CODE, keys.PREIMAGE)
MAX_KEPT_BYTES = 64 << 20

Entries = tuple[tuple[bytes, bytes], ...]


class NodeDatabase:
    """A KeyValueStore for reading; a write raises DatabaseReadOnly.

    What never changes under its key is asked for once.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._kept: dict[bytes, bytes] = {}
        self._kept_bytes = 0

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        found = self._kept.get(key)
        if found is None:
            name = format_data(key)
            found = self._endpoint.ask("contractvm_entry", name, read=optional(data))
            if found is not None and key.startswith(UNCHANGING):
                self._keep(key, found)
        return found

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See KeyValueStore.iterate; a page of them is a request, at its time."""
        page: bytes | None = prefix
        while page is not None:
            found, page = self._endpoint.ask(
                "contractvm_entries",
                format_data(prefix),
                format_data(page),
                read=entries,
            )
            yield from found

    def write_batch(
        self,
        puts: Mapping[bytes, bytes],  # noqa: ARG002 (a KeyValueStore)
        deletes: Collection[bytes] = (),  # noqa: ARG002 (a KeyValueStore)
    ) -> None:
        """Refused."""
        raise DatabaseReadOnly(self._endpoint.url)

    def compact(self) -> None:
        """The node does that."""

    def close(self) -> None:
        """Nothing stays open between requests."""

    def _keep(self, key: bytes, value: bytes) -> None:
        if self._kept_bytes > MAX_KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0
        self._kept[key] = value
        self._kept_bytes += len(key) + len(value)


class MomentDatabase(NodeDatabase):
    """The same; what says which block is the head is that of the last `look`."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._seen: dict[bytes, bytes] = {}
        self.look()

    def look(self) -> None:
        """Ask for the head and what was set for the next block."""
        seen = dict(super().iterate(META))
        seen.update(super().iterate(keys.HEAD))
        self._seen = seen

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        if key.startswith((META, keys.HEAD)):
            return self._seen.get(key)
        return super().get(key)

    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """See KeyValueStore.iterate."""
        if prefix.startswith((META, keys.HEAD)):
            pairs = self._seen.items()
            return iter([pair for pair in pairs if pair[0].startswith(prefix)])
        return super().iterate(prefix)


def entries(given: object) -> tuple[Entries, bytes | None]:
    """A page of entries, and the key at which the next begins."""
    found = document(given)
    pairs = list_of(list_of(data))(found["entries"])
    following = optional(data)(found["next"])
    page = tuple((key, value) for key, value in pairs)
    if following is not None and (not page or following <= page[-1][0]):
        raise ValueError("the next page is not after this one")
    return page, following
