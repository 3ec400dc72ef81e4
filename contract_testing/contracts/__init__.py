"""Contract objects: a contract's functions, events and errors as Python has them."""
