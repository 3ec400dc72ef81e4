"""State of a Cosmos chain: ordered keys, journalled, with a root per block."""
