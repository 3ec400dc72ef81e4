"""A key-value store: a dict, or a LevelDB database, under a prefix."""

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import Any, Protocol

from contractvm.errors import LimitExceeded
from contractvm.guests.capabilities.codes import NOT_FOUND, TOO_LARGE, WRONG_TYPE
from contractvm.guests.conversions import I32, U32
from contractvm.guests.errors import GuestError
from contractvm.guests.frame import Context
from contractvm.guests.host_functions import HostFunctionSpec, host_function

MODULE = "capability:kv"
COUNTER_BYTES = 8
# Gas for each key that a listing looks at.
LOOK = 5


class Database(Protocol):
    """What is used of a plyvel database."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""

    def iterator(self, *, prefix: bytes, include_value: bool) -> Iterable[bytes]:
        """The keys with a prefix, in byte order."""

    def write_batch(self, *, transaction: bool) -> Any:
        """A context that writes all its changes at once."""


class KeyValue:
    """Keys and values of bytes that a run reads, and writes if it succeeds.

    Keys of `store` begin with `prefix`, which guests do not see. A run may write
    `max_bytes` of keys and values in all. Guests import from `capability:kv`::

        get(key) -> value                   -1 where there is none
        set(key, value) -> 0                -2 for a key or value that is too long
        delete(key) -> 1 if it was there
        list(prefix, limit) -> keys         each after its length in 4 bytes
        increment(key, by) -> the sum       an i64 in 8 bytes, both little-endian;
                                            -3 where the value has another length
    """

    def __init__(
        self,
        store: MutableMapping[bytes, bytes] | Database,
        prefix: bytes = b"",
        *,
        max_key: int = 1_024,
        max_value: int = 1 << 20,
        max_bytes: int = 16 << 20,
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._max_key = max_key
        self._max_value = max_value
        self._max_bytes = max_bytes
        self.begin()

    def functions(self) -> Sequence[HostFunctionSpec]:
        """The functions of `capability:kv`."""
        return [
            host_function(self._get, module=MODULE, name="get", charge=50),
            host_function(self._set, module=MODULE, name="set", charge=50),
            host_function(self._delete, module=MODULE, name="delete", charge=50),
            host_function(self._list, module=MODULE, name="list", charge=50),
            host_function(self._increment, module=MODULE, name="increment", charge=100),
        ]

    def begin(self) -> None:
        """Start without changes."""
        self._pending: dict[bytes, bytes | None] = {}
        self._written = 0

    def commit(self) -> None:
        """Write all changes: to a database, in one batch."""
        if isinstance(self._store, MutableMapping):
            for key, value in self._pending.items():
                if value is None:
                    self._store.pop(self._prefix + key, None)
                else:
                    self._store[self._prefix + key] = value
        elif self._pending:
            with self._store.write_batch(transaction=True) as batch:
                for key, value in self._pending.items():
                    if value is None:
                        batch.delete(self._prefix + key)
                    else:
                        batch.put(self._prefix + key, value)
        self.begin()

    def discard(self) -> None:
        """Forget the changes."""
        self.begin()

    def _find(self, key: bytes) -> bytes | None:
        if key in self._pending:
            return self._pending[key]
        return self._store.get(self._prefix + key)

    def _put(self, key: bytes, value: bytes | None) -> None:
        size = len(key) + len(value or b"")
        if len(key) > self._max_key or len(value or b"") > self._max_value:
            raise GuestError(TOO_LARGE)
        if self._written + size > self._max_bytes:
            raise LimitExceeded("store_bytes", self._max_bytes)
        self._written += size
        self._pending[key] = value

    def _get(self, key: bytes) -> bytes:
        found = self._find(key)
        if found is None:
            raise GuestError(NOT_FOUND)
        return found

    def _set(self, key: bytes, value: bytes) -> I32:
        self._put(key, value)
        return 0

    def _delete(self, key: bytes) -> I32:
        is_there = self._find(key) is not None
        if is_there:
            self._put(key, None)
        return int(is_there)

    def _list(self, context: Context, prefix: bytes, limit: U32) -> bytes:
        found = bytearray()
        left = limit
        for key in self._keys(prefix):
            if not left:
                break
            context.charge(LOOK)
            if self._find(key) is not None:
                found += len(key).to_bytes(4, "little") + key
                left -= 1
        return bytes(found)

    def _increment(self, key: bytes, by: int) -> int:
        before = self._find(key) or bytes(COUNTER_BYTES)
        if len(before) != COUNTER_BYTES:
            raise GuestError(WRONG_TYPE)
        total = int.from_bytes(before, "little", signed=True) + by
        total = (total + 2**63) % 2**64 - 2**63
        self._put(key, total.to_bytes(COUNTER_BYTES, "little", signed=True))
        return total

    def _keys(self, prefix: bytes) -> Iterator[bytes]:
        """Keys with the prefix in byte order, deleted ones too."""
        whole = self._prefix + prefix
        if isinstance(self._store, MutableMapping):
            stored: Iterable[bytes] = sorted(
                key for key in self._store if key.startswith(whole)
            )
        else:
            stored = self._store.iterator(prefix=whole, include_value=False)
        added = sorted(key for key in self._pending if key.startswith(prefix))
        at = 0
        for key in stored:
            short = key[len(self._prefix) :]
            while at < len(added) and added[at] < short:
                yield added[at]
                at += 1
            if at < len(added) and added[at] == short:
                at += 1
            yield short
        yield from added[at:]
