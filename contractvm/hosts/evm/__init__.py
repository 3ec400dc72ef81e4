"""Shared parts of the host interfaces of Ethereum-style chains."""
