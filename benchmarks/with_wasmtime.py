"""wasmtime, plain or with its own fuel."""

import ctypes
from dataclasses import dataclass
from typing import Any

import wasmtime

from benchmarks.kernel_hosts import MASK, KernelHost, RunFunc

ALL_FUEL = (1 << 63) - 1


@dataclass(slots=True)
class WasmtimeMemory:
    memory: wasmtime.Memory
    store: wasmtime.Store

    def read(self, address: int, length: int) -> bytes:
        return ctypes.string_at(self._address + address, length)

    def write(self, address: int, data: bytes) -> None:
        ctypes.memmove(self._address + address, data, len(data))

    @property
    def _address(self) -> int:
        return ctypes.addressof(self.memory.data_ptr(self.store).contents)


def with_wasmtime(
    wasm: bytes,
    host: KernelHost,
    *,
    consume_fuel: bool = False,
    gas_export: str | None = None,
) -> RunFunc:
    """`gas_export` names the counter of an instrumented module: full at each call."""
    config = wasmtime.Config()
    config.consume_fuel = consume_fuel
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    if consume_fuel:
        store.set_fuel(ALL_FUEL)
    module = wasmtime.Module(engine, wasm)
    entries = {(entry.module, entry.name): entry for entry in host.entries()}
    imports: list[Any] = module.imports
    funcs = [
        wasmtime.Func(store, item.type, entries[item.module, item.name].call)
        for item in imports
    ]
    exports = wasmtime.Instance(store, module, funcs).exports(store)
    memory, run = exports.get("memory"), exports["run"]
    if isinstance(memory, wasmtime.Memory):
        host.memory = WasmtimeMemory(memory, store)
    if not isinstance(run, wasmtime.Func):
        raise SystemExit("the module exports no func `run`")
    counter = exports[gas_export] if gas_export else None

    def call(argument: int) -> int:
        if consume_fuel:
            store.set_fuel(ALL_FUEL)
        if isinstance(counter, wasmtime.Global):
            counter.set_value(store, ALL_FUEL)
        return int(run(store, argument)) & MASK

    return call


def with_wasmtime_fuel(wasm: bytes, host: KernelHost) -> RunFunc:
    return with_wasmtime(wasm, host, consume_fuel=True)
