"""State tests in the format of ethereum/tests."""
