"""wasmtime's compiler with this project's settings, and the cache in front of it."""

import platform
import sys
from hashlib import sha256
from importlib.metadata import version
from json import dumps

import wasmtime

from contractvm.errors import InternalError
from contractvm.wasm.engines.interface import CodeOrigin
from contractvm.wasm.engines.wasmtime.code_cache import CodeCache
from contractvm.wasm.engines.wasmtime.compile_process import (
    CompileLimits,
    CompileProcess,
    compile_process,
)
from contractvm.wasm.engines.wasmtime.settings import (
    HOST_STACK_BYTES,
    MAX_STACK_BYTES,
    SETTINGS,
    make_engine,
)

# In a smaller module nothing multiplies to more than some 150 MB and half a second, so
# it is compiled in this process, without a copy of its code through a pipe.
SMALL_MODULE_BYTES = 1_024


class Compiler:
    """Compiles instrumented modules to machine code, or finds it in the cache."""

    def __init__(
        self,
        cache: CodeCache | None,
        limits: CompileLimits | None = None,
        process: CompileProcess | None = None,
    ) -> None:
        self.engine = make_engine()
        self._limits = limits or CompileLimits()
        self._cache = cache
        self._process = process
        self._identity: dict[str, str] = {} if cache is None else engine_identity()

    def compile(self, wasm: bytes, origin: CodeOrigin | None) -> wasmtime.Module:
        """The code; InternalError for a valid module that wasmtime does not accept.

        CompilationLimit, which is one, if compiling exceeds the limits. Code of a
        module without an origin is not kept.
        """
        if self._cache is None or origin is None:
            return self._compile(wasm)
        facts = origin_facts(wasm, origin)
        kept = self.find(facts)
        if kept is not None:
            return kept
        module = self._compile(wasm)
        self._cache.store(facts | self._identity, bytes(module.serialize()))
        return module

    def find(self, facts: dict[str, str]) -> wasmtime.Module | None:
        """The code in the cache that was made from this; None if there is none."""
        if self._cache is None:
            return None
        key = facts | self._identity
        kept = self._cache.load(key)
        if kept is None:
            return None
        try:
            return wasmtime.Module.deserialize(self.engine, kept)
        except wasmtime.WasmtimeError:
            # Made by a wasmtime or for a processor that is another after all.
            self._cache.drop(key)
            return None

    def _compile(self, wasm: bytes) -> wasmtime.Module:
        if len(wasm) > SMALL_MODULE_BYTES:
            process = self._process or compile_process()
            code = process.compile(wasm, self._limits)
            return wasmtime.Module.deserialize(self.engine, code)
        try:
            return wasmtime.Module(self.engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise InternalError(f"wasmtime does not compile it: {error}") from None


def origin_facts(wasm: bytes, origin: CodeOrigin) -> dict[str, str]:
    """What compiled code was made from; `wasm` follows from the rest and proves it."""
    return {
        "module": origin.module_hash.hex(),
        "schedule": origin.schedule_hash.hex(),
        "metering": origin.metering,
        "instrumented": sha256(wasm).hexdigest(),
    }


def engine_identity() -> dict[str, str]:
    """The compiler, settings and processor of compiled code."""
    settings = SETTINGS | {"async_stack_size": MAX_STACK_BYTES + HOST_STACK_BYTES}
    return {
        "wasmtime": version("wasmtime"),
        "target": f"{sys.platform}-{platform.machine()}",
        "settings": sha256(dumps(settings, sort_keys=True).encode()).hexdigest(),
    }
