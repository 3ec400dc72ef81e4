"""Checks of what in a module could differ between engines, and what rules it out.

Nothing here runs a module: it is read, and each file answers one question about it.
"""
