"""JSON-RPC over an Ethereum chain, for the clients that developers use."""
