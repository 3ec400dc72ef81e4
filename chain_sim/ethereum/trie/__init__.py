"""Hexary Merkle Patricia trie, as in appendix D of Ethereum's Yellow Paper."""

from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_encoder import HELD_BYTES
from chain_sim.ethereum.trie.node_reader import DatabaseNodes, NodeReader
from chain_sim.ethereum.trie.trie import SecureTrie, Trie, trie_root

__all__ = [
    "HELD_BYTES",
    "DatabaseNodes",
    "NodeCache",
    "NodeReader",
    "SecureTrie",
    "Trie",
    "trie_root",
]
