"""ArbOS on a local chain: programs, and the contracts that manage them."""
