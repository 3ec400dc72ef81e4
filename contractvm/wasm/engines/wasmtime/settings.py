"""wasmtime's settings, shared by every process that compiles or runs its code."""

import wasmtime
from wasmtime import _bindings as bindings

# Native stack that the code of one call may use: a thousand bytes for each value of the
# counted stack height. Without the optimiser, code was seen to use 24 bytes at most;
# what is not touched is not committed.
MAX_STACK_BYTES = 64 << 20
# In addition, for wasmtime's own use; host funcs run elsewhere.
HOST_STACK_BYTES = 1 << 20
# Address space for a memory, so that it grows without moving.
RESERVED_BYTES = 1 << 30

SETTINGS: dict[str, object] = {
    # The optimiser keeps values alive across calls that the code does not name, 670
    # bytes for each value of the counted height were seen: it would leave the native
    # stack without a bound. With it code takes 0.8 of the time.
    "cranelift_opt_level": "none",
    # Code can be interrupted, so that a signal can end it; costs 7 % of the time.
    "epoch_interruption": True,
    "memory_reservation": RESERVED_BYTES,
    "memory_reservation_for_growth": RESERVED_BYTES,
    # Bounds are checked by code: with guard pages each memory would take 4 GiB.
    "memory_guard_size": 0,
    # Otherwise each compiled module that has data keeps a file open.
    "memory_init_cow": False,
    "max_wasm_stack": MAX_STACK_BYTES,
}


def make_engine() -> wasmtime.Engine:
    """wasmtime's own engine with these settings."""
    config = wasmtime.Config()
    for setting, value in SETTINGS.items():
        setattr(config, setting, value)
    bindings.wasmtime_config_async_stack_size_set(
        config.ptr(), MAX_STACK_BYTES + HOST_STACK_BYTES
    )
    return wasmtime.Engine(config)
