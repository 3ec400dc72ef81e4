"""Validation (spec chapter 3), and the profile: which valid modules we accept."""
