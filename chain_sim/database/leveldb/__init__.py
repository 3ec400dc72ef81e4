"""LevelDB, and what guards its files."""
