"""Engines behind one interface: a module and its host in, `run` out.

The `run` that comes out takes and gives unsigned ints of 32 bits.
"""

import ctypes
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pywasm
import wasm3
import wasmtime

from benchmarks.kernel_hosts import HostEntry, KernelHost
from contractvm.binary.decoder import decode_module
from contractvm.execution.compiled_module import compile_module
from contractvm.execution.instance import HostFunc, ModuleInstance, instantiate_module
from contractvm.instrumentation.instrument import instrument_module
from contractvm.instrumentation.names import GAS_EXPORT
from contractvm.structure.module import Module
from contractvm.structure.opcodes import OPCODES
from contractvm.structure.types import FuncType, ValType
from contractvm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost

RunFunc = Callable[[int], int]
MASK = 0xFFFFFFFF
ALL_GAS = (1 << 63) - 1
EWASM = load_schedule("ewasm-metered")
# Every instruction costs one unit and nothing else does: the gas used is the number of
# instructions executed, and no metered block is free.
COUNTING = replace(
    EWASM,
    name="counting",
    local=0,
    instructions={info.mnemonic: InstructionCost(1) for info in OPCODES},
)


# Ours


def metered_module(wasm: bytes, schedule: GasSchedule) -> Module:
    module = decode_module(wasm)
    return instrument_module(module, validate_module(module).operand_heights, schedule)


def our_instance(module: Module, host: KernelHost) -> ModuleInstance:
    compiled = compile_module(module, validate_module(module).operand_heights)
    imports = {
        (entry.module, entry.name): HostFunc(our_func_type(entry), entry.call)
        for entry in host.entries()
    }
    instance = instantiate_module(compiled, imports)
    host.memory = instance.exports.get("memory")
    return instance


def our_func_type(entry: HostEntry) -> FuncType:
    return FuncType(
        (ValType.I32,) * entry.parameter_count, (ValType.I32,) * entry.has_result
    )


def ours(wasm: bytes, host: KernelHost) -> RunFunc:
    instance = our_instance(decode_module(wasm), host)
    return lambda argument: instance.invoke("run", argument)[0]


def ours_with(schedule: GasSchedule) -> Callable[[bytes, KernelHost], RunFunc]:
    def make(wasm: bytes, host: KernelHost) -> RunFunc:
        instance = our_instance(metered_module(wasm, schedule), host)
        counter = instance.exports[GAS_EXPORT]

        def run(argument: int) -> int:
            counter.value = ALL_GAS
            return instance.invoke("run", argument)[0]

        return run

    return make


def count_instructions(wasm: bytes, host: KernelHost, argument: int) -> int:
    """How many instructions a call executes."""
    instance = our_instance(metered_module(wasm, COUNTING), host)
    counter = instance.exports[GAS_EXPORT]
    counter.value = ALL_GAS
    instance.invoke("run", argument)
    return ALL_GAS - counter.value


# wasm3


@dataclass(slots=True)
class Wasm3Memory:
    runtime: Any

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.runtime.get_memory(0)[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self.runtime.get_memory(0)[address : address + len(data)] = data


def with_wasm3(wasm: bytes, host: KernelHost) -> RunFunc:
    environment = wasm3.Environment()
    runtime = environment.new_runtime(1 << 20)
    module = environment.parse_module(wasm)
    runtime.load(module)
    for entry in host.entries():
        signature = f"{'i' if entry.has_result else 'v'}({'i' * entry.parameter_count})"
        module.link_function(entry.module, entry.name, signature, entry.call)
    host.memory = Wasm3Memory(runtime)
    run = runtime.find_function("run")
    return lambda argument: run(argument) & MASK


# wasmtime


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
    wasm: bytes, host: KernelHost, *, consume_fuel: bool = False
) -> RunFunc:
    config = wasmtime.Config()
    config.consume_fuel = consume_fuel
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    if consume_fuel:
        store.set_fuel(ALL_GAS)
    module = wasmtime.Module(engine, wasm)
    entries = {(entry.module, entry.name): entry for entry in host.entries()}
    imports = [
        wasmtime.Func(store, item.type, entries[item.module, item.name].call)
        for item in module.imports
    ]
    exports = wasmtime.Instance(store, module, imports).exports(store)
    if exports.get("memory") is not None:
        host.memory = WasmtimeMemory(exports["memory"], store)
    run = exports["run"]

    def call(argument: int) -> int:
        if consume_fuel:
            store.set_fuel(ALL_GAS)
        return run(store, argument) & MASK

    return call


def with_wasmtime_fuel(wasm: bytes, host: KernelHost) -> RunFunc:
    return with_wasmtime(wasm, host, consume_fuel=True)


# pywasm


@dataclass(slots=True)
class PywasmMemory:
    memory: Any

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.memory.data[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self.memory.data[address : address + len(data)] = data


def with_pywasm(wasm: bytes, host: KernelHost) -> RunFunc:
    runtime = pywasm.Runtime()
    i32 = pywasm.ValType.i32()
    for entry in host.entries():
        func_type = pywasm.FuncType(
            [i32] * entry.parameter_count, [i32] * entry.has_result
        )
        runtime.imports.setdefault(entry.module, {})[entry.name] = (
            runtime.allocate_func_host(func_type, pywasm_call(entry))
        )
    instance = runtime.instance(pywasm.ModuleDesc.from_reader(io.BytesIO(wasm)))
    if any(export.name == "memory" for export in instance.exps):
        host.memory = PywasmMemory(runtime.exported_memory(instance, "memory"))
    return lambda argument: runtime.invocate(instance, "run", [argument])[0] & MASK


def pywasm_call(entry: HostEntry) -> Callable[[Any, list[int]], list[int]]:
    def call(_machine: Any, arguments: list[int]) -> list[int]:
        result = entry.call(*arguments)
        return [] if result is None else [result]

    return call


ENGINES: dict[str, Callable[[bytes, KernelHost], RunFunc]] = {
    "plain": ours,
    "gas": ours_with(EWASM),
    "gas-all": ours_with(COUNTING),
    "wasm3": with_wasm3,
    "wasmtime": with_wasmtime,
    "fuel": with_wasmtime_fuel,
}
