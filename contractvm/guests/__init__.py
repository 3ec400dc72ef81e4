"""Guests: other people's code in a Python server, metered and limited."""
