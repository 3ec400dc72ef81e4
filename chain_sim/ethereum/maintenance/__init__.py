"""Maintenance of a chain's database: checks, statistics and garbage collection."""
