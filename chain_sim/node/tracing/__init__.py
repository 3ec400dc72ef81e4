"""Traces of transactions, by running their blocks again."""
