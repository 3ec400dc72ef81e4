"""Transactions with all that they depend on in one file, run again with no database."""
