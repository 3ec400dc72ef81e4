"""Fuzzing contracts: the same transactions, again and again, changed a little."""
