"""WebAssembly alone: structure, binary format, validation and engines."""
