"""Persistent bytes under bytes, in LevelDB or in memory."""
