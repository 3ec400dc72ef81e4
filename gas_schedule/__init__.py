"""Versioned tables of gas costs, and their loader."""
