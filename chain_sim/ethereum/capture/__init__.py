"""Captured transactions: one file with everything needed to replay them."""
