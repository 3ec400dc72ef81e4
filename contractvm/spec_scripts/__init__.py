"""Runs the scripts of the official test suite (`.wast` files) on the engine."""
