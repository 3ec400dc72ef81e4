"""A chain's state and blocks as files of other tools, written and read as streams."""
