"""A local chain: accounts, trie, transactions, receipts, blocks."""
