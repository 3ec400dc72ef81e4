"""The wasm module: codes, contracts, messages and queries."""
