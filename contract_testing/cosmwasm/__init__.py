"""Contract objects of CosmWasm: messages of a schema as methods."""
