"""Hexary Merkle Patricia trie, as in appendix D of Ethereum's Yellow Paper."""
