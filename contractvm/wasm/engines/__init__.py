"""One interface to run a prepared module, and the engines behind it."""
