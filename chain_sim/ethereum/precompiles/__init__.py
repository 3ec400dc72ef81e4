"""The contracts that Byzantium has at addresses 1 to 8, run by the chain itself.

`registry` is the door: one row per contract, its price and its function.
"""
