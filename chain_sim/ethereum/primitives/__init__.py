"""Addresses, hashes, transactions and their encodings."""
