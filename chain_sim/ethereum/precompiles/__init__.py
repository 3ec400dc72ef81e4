"""Byzantium's precompiled contracts, at addresses 1 to 8.

`registry` is the entry point: one row per contract, with its price and its function.
"""
