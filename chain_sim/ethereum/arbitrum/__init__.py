"""ArbOS on a local chain: programs, their prices, and the contracts that manage them."""
