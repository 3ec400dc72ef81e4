"""The roots of transactions and receipts in a block's header."""

from collections.abc import Sequence

from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.trie.trie import trie_root


def ordered_root(values: Sequence[bytes]) -> Hash32:
    """Root of a trie with each value at the RLP of its index (Yellow Paper, 4.3.2)."""
    return trie_root({encode_item(index): value for index, value in enumerate(values)})
