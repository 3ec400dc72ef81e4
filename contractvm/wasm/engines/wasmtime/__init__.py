"""wasmtime as an engine."""
