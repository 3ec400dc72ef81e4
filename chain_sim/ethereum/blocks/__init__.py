"""Blocks, receipts and genesis, and how they are stored."""
