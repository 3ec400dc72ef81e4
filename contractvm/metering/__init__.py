"""Instrumentation: writes gas charges and the stack limit into a module's code."""
