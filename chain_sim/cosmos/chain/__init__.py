"""The chain as its users see it."""
