"""Running transactions and building blocks."""
