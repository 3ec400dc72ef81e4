"""CosmWasm: regions, JSON, and the functions of `env`."""
