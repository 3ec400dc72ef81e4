"""The root of a state: a hash of the set of its entries, whatever their order.

Each entry is hashed to a number of 4,096 bits. The root is the SHA-256 of their sum: an
entry that is added is added to it, one that goes is subtracted, so a block's root takes
time by its changes alone. Sets of the same sum would take 2^128 steps to find (AdHash,
with the generalised birthday attack).
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256, shake_256

NUMBER_BYTES = 512
MODULUS = 1 << 8 * NUMBER_BYTES
LENGTH_BYTES = 8

Entry = tuple[bytes, bytes]


def entry_number(key: bytes, value: bytes) -> int:
    """The number of an entry."""
    data = len(key).to_bytes(LENGTH_BYTES, "big") + key + value
    return int.from_bytes(shake_256(data).digest(NUMBER_BYTES), "big")


class MultisetHash:
    """The sum over a set of entries."""

    def __init__(self, total: int = 0) -> None:
        self._total = total

    @classmethod
    def from_bytes(cls, stored: bytes) -> "MultisetHash":
        """The sum as it was stored; empty for a set without entries."""
        return cls(int.from_bytes(stored, "big"))

    def change(self, added: Iterable[Entry], removed: Iterable[Entry]) -> None:
        """Put entries in, and take entries out that are in."""
        total = self._total
        for entry in added:
            total += entry_number(*entry)
        for entry in removed:
            total -= entry_number(*entry)
        self._total = total % MODULUS

    def apply(self, changes: Mapping[bytes, tuple[bytes | None, bytes | None]]) -> None:
        """Follow changes of a state: before and after, by key."""
        added = [(key, new) for key, (_, new) in changes.items() if new is not None]
        removed = [(key, old) for key, (old, _) in changes.items() if old is not None]
        self.change(added, removed)

    def to_bytes(self) -> bytes:
        """The sum, to store."""
        return self._total.to_bytes(NUMBER_BYTES, "big")

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return sha256(self.to_bytes()).digest()
