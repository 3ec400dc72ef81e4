"""The random bytes of a run, which follow from its seed."""

from hashlib import blake2b

SEED_BYTES = 32
BLOCK_BYTES = 64


class RandomStream:
    """A stream of bytes; however it is cut into reads, the bytes are the same.

    Block i is BLAKE2b-512 of i, as 8 bytes in little-endian order, with the seed as
    key.
    """

    __slots__ = ("_keyed", "_position")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"the seed has {len(seed)} bytes, not {SEED_BYTES}")
        self._keyed = blake2b(key=seed)
        self._position = 0

    def read(self, length: int) -> bytes:
        """The next `length` bytes."""
        first, skipped = divmod(self._position, BLOCK_BYTES)
        self._position += length
        blocks = range(first, -(-self._position // BLOCK_BYTES))
        return b"".join(map(self._block, blocks))[skipped : skipped + length]

    def _block(self, number: int) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(number.to_bytes(8, "little"))
        return keyed.digest()
