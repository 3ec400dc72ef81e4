"""Files of a Cosmos chain: captured messages, and dumps."""
