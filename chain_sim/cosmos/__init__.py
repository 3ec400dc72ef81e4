"""A local Cosmos chain: accounts, bank, and contracts of CosmWasm."""
