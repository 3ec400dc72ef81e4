"""wasm3, through the package pywasm3."""

from dataclasses import dataclass
from typing import Any

import wasm3

from benchmarks.kernel_hosts import MASK, KernelHost, RunFunc

# Deep recursion needs some.
STACK_BYTES = 4 << 20


@dataclass(slots=True)
class Wasm3Memory:
    runtime: Any

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.runtime.get_memory(0)[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self.runtime.get_memory(0)[address : address + len(data)] = data


def with_wasm3(wasm: bytes, host: KernelHost) -> RunFunc:
    environment = wasm3.Environment()
    runtime = environment.new_runtime(STACK_BYTES)
    module = environment.parse_module(wasm)
    runtime.load(module)
    for entry in host.entries():
        signature = f"{'i' if entry.has_result else 'v'}({'i' * entry.parameter_count})"
        module.link_function(entry.module, entry.name, signature, entry.call)
    host.memory = Wasm3Memory(runtime)
    run = runtime.find_function("run")
    return lambda argument: int(run(argument)) & MASK
