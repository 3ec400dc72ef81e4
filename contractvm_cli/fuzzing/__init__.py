"""The parts of `contractvm fuzz`: options, progress and output."""
