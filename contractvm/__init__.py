"""The engine: Wasm bytes in, a metered, deterministic call out. Knows no chain."""
