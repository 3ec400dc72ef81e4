"""What outlives the process: bytes under bytes, in LevelDB or in memory."""
