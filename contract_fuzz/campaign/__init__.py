"""Campaigns: coordination, corpus, coverage and the report."""
