"""Execution (spec chapter 4): store, translation to register code, interpreter."""
