"""Dumps of a chain in other tools' formats, written and read as streams."""
