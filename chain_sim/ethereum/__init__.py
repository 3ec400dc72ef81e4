"""A local Ethereum chain."""
