"""Versioned tables of gas costs, and their loader. Imports nothing of ours."""
