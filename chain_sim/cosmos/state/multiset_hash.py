"""The root of a state: a hash of the set of its entries, whatever their order.

Each entry is hashed to a number below a prime of 3,072 bits. The root is the SHA-256 of
their product: an entry that is added multiplies it, one that goes divides it, so a
block's root takes time by its changes alone.
"""

from hashlib import sha256, shake_256

# The greatest prime below 2^3072 (as MuHash has it).
PRIME = 2**3072 - 1103717
NUMBER_BYTES = 384
LENGTH_BYTES = 8
EMPTY = 1


def entry_number(key: bytes, value: bytes) -> int:
    """The number of an entry."""
    data = len(key).to_bytes(LENGTH_BYTES, "big") + key + value
    return int.from_bytes(shake_256(data).digest(NUMBER_BYTES), "big") % PRIME or 1


class MultisetHash:
    """The product over a set of entries."""

    def __init__(self, product: int = EMPTY) -> None:
        self.product = product

    def change(
        self, added: list[tuple[bytes, bytes]], removed: list[tuple[bytes, bytes]]
    ) -> None:
        """Put entries in, and take entries out that are in."""
        product, divisor = self.product, 1
        for entry in added:
            product = product * entry_number(*entry) % PRIME
        for entry in removed:
            divisor = divisor * entry_number(*entry) % PRIME
        if divisor != 1:
            product = product * pow(divisor, -1, PRIME) % PRIME
        self.product = product

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return sha256(self.product.to_bytes(NUMBER_BYTES, "big")).digest()
