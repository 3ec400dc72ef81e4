"""wasmtime's own fuel for a guest: its module and host functions, not metered."""

from types import SimpleNamespace
from typing import Any

import wasmtime

from contractvm.guests.guest import Guest
from contractvm.guests.wasi_abi import WasiAbi
from contractvm.hosts.wasi.clock import Clock
from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.state import WasiState
from contractvm.wasm.structure.types import FuncType, ValType
from gas_schedule.schedule import HostCost

FUEL = 2**50
KINDS = {
    ValType.I32: wasmtime.ValType.i32,
    ValType.I64: wasmtime.ValType.i64,
    ValType.F32: wasmtime.ValType.f32,
    ValType.F64: wasmtime.ValType.f64,
}


class FreeMeter:
    """A gas meter that charges nothing."""

    left = 2**62

    def charge(self, units: int) -> None:
        pass

    def to_units(self, gas: int) -> int:
        return gas


class CallerMemory:
    """A guest's memory in wasmtime, as host functions read and write it."""

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory) -> None:
        self._store = store
        self._memory = memory

    def read(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(self._store, address, address + length))

    def write(self, address: int, data: bytes) -> None:
        self._memory.write(self._store, data, address)


def fuel_of_program(guest: Guest, **options: Any) -> tuple[int, bytes, int]:
    """Fuel, stdout and exit code of a WASI program, time standing still."""
    config = wasmtime.Config()
    config.consume_fuel = True
    config.max_wasm_stack = 1 << 20
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    store.set_fuel(FUEL)
    module = wasmtime.Module(engine, guest.wasm)
    state = WasiState(clock=Clock(frozen=True), **options)
    frame: Any = SimpleNamespace(wasi=state, meter=FreeMeter(), costs=AnyCost())
    linker = wasmtime.Linker(engine)
    linker.allow_shadowing = True
    for (place, name), func in WasiAbi.functions.items():
        linker.define_func(
            place, name, func_type(func.func_type), bound(func.call, frame, func)
        )
    instance = linker.instantiate(store, module)
    exports = instance.exports(store)
    frame.memory = CallerMemory(store, exports["memory"])
    code = 0
    try:
        exports["_start"](store)
    except ProcessExit as end:
        code = end.code
    return FUEL - store.get_fuel(), state.stdout, code


def bound(call: Any, frame: Any, func: Any) -> Any:
    """A host function for wasmtime: unsigned in, signed out."""
    params = func.func_type.params

    def run(*arguments: int) -> int | None:
        unsigned = [
            value % (1 << (32 if kind is ValType.I32 else 64))
            for kind, value in zip(params, arguments, strict=True)
        ]
        result: int | None = call(frame, *unsigned)
        return result

    return run


def func_type(kind: FuncType) -> wasmtime.FuncType:
    return wasmtime.FuncType(
        [KINDS[value]() for value in kind.params],
        [KINDS[value]() for value in kind.results],
    )


class AnyCost(dict[str, Any]):
    """Every host function is free."""

    def __missing__(self, key: str) -> Any:
        return AnyCost() if key.startswith("wasi_") else HostCost(0)
