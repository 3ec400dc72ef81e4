"""Fuzzing of contracts: the same transactions, again and again, with small changes."""
