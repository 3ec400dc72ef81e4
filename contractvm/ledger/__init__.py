"""Where the gas of a call went: recorded as quantities, priced by a schedule."""
