"""Accounts, their addresses, and the bank."""
