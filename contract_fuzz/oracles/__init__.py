"""Pairs of runs that must agree."""
