"""Where the inputs of cases come from."""
