"""Campaigns of CosmWasm contracts on a Cosmos chain."""
