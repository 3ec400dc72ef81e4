"""wasmtime's verdict on a module, with the features that we have, or all."""

from functools import lru_cache

import wasmtime

WE_LACK = (
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
    "wide_arithmetic",
)


@lru_cache(maxsize=2)
def _engine(*, is_limited: bool) -> wasmtime.Engine:
    config = wasmtime.Config()
    # Switched off in this order, on in the other: some depend on those after them.
    for feature in WE_LACK if is_limited else reversed(WE_LACK):
        setattr(config, f"wasm_{feature}", not is_limited)
    return wasmtime.Engine(config)


def wasmtime_fault(data: bytes, *, is_limited: bool = True) -> str | None:
    """Why wasmtime refuses the module; None if it accepts it."""
    try:
        wasmtime.Module.validate(_engine(is_limited=is_limited), data)
    except wasmtime.WasmtimeError as error:
        return str(error)
    return None
