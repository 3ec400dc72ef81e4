"""Hexary Merkle Patricia trie, as in appendix D of Ethereum's Yellow Paper."""

from chain_sim.trie.node_cache import NodeCache
from chain_sim.trie.node_encoder import HELD_BYTES
from chain_sim.trie.node_reader import DatabaseNodes, NodeReader
from chain_sim.trie.trie import SecureTrie, Trie, trie_root

__all__ = [
    "HELD_BYTES",
    "DatabaseNodes",
    "NodeCache",
    "NodeReader",
    "SecureTrie",
    "Trie",
    "trie_root",
]
