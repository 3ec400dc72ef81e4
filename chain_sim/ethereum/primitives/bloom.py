"""The 2048-bit bloom filter of logs (Yellow Paper, 4.3.1)."""

from collections.abc import Iterable

from chain_sim.ethereum.primitives.text import keccak256

BLOOM_BYTES = 256
BLOOM_BITS = 8 * BLOOM_BYTES
EMPTY_BLOOM = bytes(BLOOM_BYTES)


def bloom_of(items: Iterable[bytes]) -> bytes:
    """The filter that holds every item: three bits for each."""
    mask = 0
    for item in items:
        mask |= _mask(item)
    return mask.to_bytes(BLOOM_BYTES, "big")


def merge_blooms(blooms: Iterable[bytes]) -> bytes:
    """The union of filters."""
    mask = 0
    for bloom in blooms:
        mask |= int.from_bytes(bloom, "big")
    return mask.to_bytes(BLOOM_BYTES, "big")


def bloom_may_hold(bloom: bytes, item: bytes) -> bool:
    """False only if `item` is certainly not in the filter."""
    mask = _mask(item)
    return int.from_bytes(bloom, "big") & mask == mask


def _mask(item: bytes) -> int:
    digest = keccak256(item)
    mask = 0
    for index in (0, 2, 4):
        bit = int.from_bytes(digest[index : index + 2], "big") % BLOOM_BITS
        mask |= 1 << bit
    return mask
