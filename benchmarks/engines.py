"""The engines that are measured, each a module and its host in, `run` out."""

from collections.abc import Callable

from benchmarks.kernel_hosts import KernelHost, RunFunc
from benchmarks.ours import COUNTING, DEFAULT, ours, ours_with
from benchmarks.with_wasm3 import with_wasm3
from benchmarks.with_wasmtime import with_wasmtime, with_wasmtime_fuel

ENGINES: dict[str, Callable[[bytes, KernelHost], RunFunc]] = {
    "plain": ours,
    "gas": ours_with(DEFAULT),
    "gas-all": ours_with(COUNTING),
    "wasm3": with_wasm3,
    "wasmtime": with_wasmtime,
    "fuel": with_wasmtime_fuel,
}
