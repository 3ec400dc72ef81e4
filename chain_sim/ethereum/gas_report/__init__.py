"""Where the gas of a transaction went."""
