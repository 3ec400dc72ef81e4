"""The ewasm host interface: the Ethereum Environment Interface, 33 functions."""
