"""The kernels: the same result on our interpreter, metered, and on wasmtime."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.build_kernels import KERNEL_FOLDER
from benchmarks.kernel_table import KERNELS, Kernel
from benchmarks.ours import COUNTING, DEFAULT, count_instructions, ours, ours_with
from benchmarks.with_wasmtime import with_wasmtime, with_wasmtime_fuel
from tests.helpers.source_tree import ROOT
from tests.helpers.wasm_tools import wasm_tools

ENGINES = {
    "plain": ours,
    "gas": ours_with(DEFAULT),
    "every instruction priced": ours_with(COUNTING),
    "wasmtime": with_wasmtime,
    "wasmtime with fuel": with_wasmtime_fuel,
}
WITH_FLOATS = {"mandelbrot", "nbody", "rays", "spectral_norm"}
WITH_KERNEL = pytest.mark.parametrize("kernel", KERNELS, ids=lambda one: one.name)


def test_table_names_every_module_and_every_module_has_a_source() -> None:
    modules = sorted(path.stem for path in KERNEL_FOLDER.glob("*.wasm"))
    sources = [
        path.stem for path in KERNEL_FOLDER.iterdir() if path.suffix in {".c", ".wat"}
    ]
    assert modules == sorted(kernel.name for kernel in KERNELS) == sorted(sources)


@pytest.mark.parametrize("engine", ENGINES)
@WITH_KERNEL
def test_kernel_gives_the_result_of_the_table(kernel: Kernel, engine: str) -> None:
    run = ENGINES[engine](kernel.wasm, kernel.host())
    assert run(kernel.small.argument) == kernel.small.result


@WITH_KERNEL
def test_full_run_gives_the_result_of_the_table(kernel: Kernel) -> None:
    run = ours(kernel.wasm, kernel.host())
    assert run(kernel.full.argument) == kernel.full.result


@WITH_KERNEL
def test_kernel_gives_the_same_result_when_it_is_called_again(kernel: Kernel) -> None:
    run = ours(kernel.wasm, kernel.host())
    results = [run(kernel.small.argument) for _ in range(3)]
    assert results == [kernel.small.result] * 3


@WITH_KERNEL
def test_kernel_needs_the_mvp(kernel: Kernel) -> None:
    floats = "" if kernel.name in WITH_FLOATS else ",-floats"
    wasm_tools(["validate", f"--features=mvp{floats}"], kernel.wasm)


def test_counting_schedule_counts_the_instructions_of_a_run() -> None:
    """n < 2: local.get, i32.const, i32.lt_u, if, local.get, else, end."""
    fib = next(kernel for kernel in KERNELS if kernel.name == "fib_recursive")
    assert count_instructions(fib.wasm, fib.host(), 1) == 7


def test_benchmark_prints_figures_for_the_kernels_asked_for() -> None:
    for package in ("wasm3", "pywasm"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (make bench)")
    options = ["--kernels", "fib_recursive", "--rounds", "1", "--json"]
    command = [sys.executable, "-m", "benchmarks.interpreter", *options]
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    figures = json.loads(done.stdout)
    assert list(figures) == ["fib_recursive"]
    assert figures["fib_recursive"]["wasm3/gas"] > 0


@pytest.mark.slow
def test_sources_give_the_committed_kernels(tmp_path: Path) -> None:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang is not installed (make examples)")
    build = [sys.executable, "-m", "benchmarks.build_kernels", "--output"]
    subprocess.run([*build, str(tmp_path)], check=True, capture_output=True, cwd=ROOT)
    built = {path.stem: path.read_bytes() for path in tmp_path.glob("*.wasm")}
    assert sorted(built) == sorted(kernel.name for kernel in KERNELS)
    for kernel in KERNELS:
        assert built[kernel.name] == kernel.wasm, f"{kernel.name}: run `make kernels`"
