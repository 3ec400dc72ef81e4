"""LevelDB, and the checks of its files."""
