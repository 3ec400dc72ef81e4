"""Processes that run the chunks of a campaign."""
