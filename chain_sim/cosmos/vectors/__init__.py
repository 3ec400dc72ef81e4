"""Published figures of CosmWasm, and scenarios, as tests of a folder."""
