"""The command line: `contractvm VERB`."""
