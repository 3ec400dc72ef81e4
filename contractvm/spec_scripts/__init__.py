"""A runner for the scripts of the official test suite (`.wast` files)."""
