"""pywasm, an interpreter in Python: some hundred thousand instructions a second."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pywasm

from benchmarks.kernel_hosts import MASK, HostEntry, KernelHost, RunFunc


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
    return lambda argument: int(runtime.invocate(instance, "run", [argument])[0]) & MASK


def pywasm_call(entry: HostEntry) -> Callable[[Any, list[int]], list[int]]:
    def call(_machine: Any, arguments: list[int]) -> list[int]:
        result = entry.call(*arguments)
        return [] if result is None else [result]

    return call
