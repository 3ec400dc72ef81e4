"""Worker pools for a campaign's chunks."""
