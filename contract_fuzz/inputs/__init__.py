"""Inputs of cases."""
