"""wasmtime's compiler with our settings, and the cache in front of it."""

import platform
import sys
from hashlib import sha256
from importlib.metadata import version
from json import dumps

import wasmtime
from wasmtime import _bindings as bindings

from contractvm.engines.code_cache import CodeCache
from contractvm.engines.interface import CodeOrigin
from contractvm.errors import InternalError

# Native stack that the code of one call may use: a thousand bytes for each value of the
# counted stack height. Without the optimiser, code was seen to use 24 bytes at most;
# what is not touched is not committed.
MAX_STACK_BYTES = 64 << 20
# Beyond that, for what wasmtime itself does there; host funcs run elsewhere.
HOST_STACK_BYTES = 1 << 20
# Address space for a memory, so that it grows without being moved.
RESERVED_BYTES = 1 << 30

SETTINGS: dict[str, object] = {
    # The optimiser keeps values alive across calls that the code does not name, 670
    # bytes for each value of the counted height were seen: it would leave the native
    # stack without a bound. With it code takes 0.8 of the time.
    "cranelift_opt_level": "none",
    # Code looks up now and then, so that a signal can end it; costs 7 % of the time.
    "epoch_interruption": True,
    "memory_reservation": RESERVED_BYTES,
    "memory_reservation_for_growth": RESERVED_BYTES,
    # Bounds are checked by code: with guard pages each memory would take 4 GiB.
    "memory_guard_size": 0,
    # Otherwise each compiled module that has data keeps a file open.
    "memory_init_cow": False,
    "max_wasm_stack": MAX_STACK_BYTES,
}


class Compiler:
    """Makes machine code of instrumented modules, or finds it in the cache."""

    def __init__(self, cache: CodeCache | None) -> None:
        config = wasmtime.Config()
        for setting, value in SETTINGS.items():
            setattr(config, setting, value)
        bindings.wasmtime_config_async_stack_size_set(
            config.ptr(), MAX_STACK_BYTES + HOST_STACK_BYTES
        )
        self.engine = wasmtime.Engine(config)
        self._cache = cache
        self._identity: dict[str, str] = {} if cache is None else engine_identity()

    def compile(self, wasm: bytes, origin: CodeOrigin | None) -> wasmtime.Module:
        """The code; a valid module that wasmtime does not take is InternalError.

        Code of a module without an origin is not kept.
        """
        if self._cache is None or origin is None:
            return self._compile(wasm)
        key = origin_facts(wasm, origin) | self._identity
        kept = self._cache.load(key)
        if kept is not None:
            try:
                return wasmtime.Module.deserialize(self.engine, kept)
            except wasmtime.WasmtimeError:
                # Made by a wasmtime or for a processor that is another after all.
                self._cache.drop(key)
        module = self._compile(wasm)
        self._cache.store(key, bytes(module.serialize()))
        return module

    def _compile(self, wasm: bytes) -> wasmtime.Module:
        try:
            return wasmtime.Module(self.engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise InternalError(f"wasmtime does not compile it: {error}") from None


def origin_facts(wasm: bytes, origin: CodeOrigin) -> dict[str, str]:
    """What compiled code was made from; `wasm` follows from the rest, and proves it."""
    return {
        "module": origin.module_hash.hex(),
        "schedule": origin.schedule_hash.hex(),
        "instrumentation": str(origin.instrumentation_version),
        "instrumented": sha256(wasm).hexdigest(),
    }


def engine_identity() -> dict[str, str]:
    """What compiled code was made by and for."""
    settings = SETTINGS | {"async_stack_size": MAX_STACK_BYTES + HOST_STACK_BYTES}
    return {
        "wasmtime": version("wasmtime"),
        "target": f"{sys.platform}-{platform.machine()}",
        "settings": sha256(dumps(settings, sort_keys=True).encode()).hexdigest(),
    }
