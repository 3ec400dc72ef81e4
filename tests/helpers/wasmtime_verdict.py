"""Ask wasmtime, limited to the features that we have, whether a module is valid."""

from functools import lru_cache

import wasmtime

DISABLED = (
    "relaxed_simd",
    "simd",
    "exceptions",
    "function_references",
    "gc",
    "memory64",
    "multi_memory",
    "tail_call",
    "threads",
    "custom_page_sizes",
    "stack_switching",
    "wide_arithmetic",
)


@lru_cache(maxsize=1)
def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    for feature in DISABLED:
        setattr(config, f"wasm_{feature}", False)
    return wasmtime.Engine(config)


def wasmtime_accepts(data: bytes) -> bool:
    """True where wasmtime decodes and validates `data`."""
    try:
        wasmtime.Module.validate(_engine(), data)
    except wasmtime.WasmtimeError:
        return False
    return True
