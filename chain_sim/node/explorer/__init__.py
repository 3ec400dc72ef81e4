"""The explorer page, and what it asks of a chain."""
